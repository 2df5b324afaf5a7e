#!/bin/sh
# migrate.sh LIST: the mail of all accounts of a list from an old server to a new
# one, spread over the machines of a file by GNU parallel.  Run again, it goes on
# where it was, whatever has stopped it.  README.md says what each variable is.
set -eu

LIST=${1:?usage: migrate.sh accounts.csv}
OLD=${OLD:-'imaps://{user}@old.example.org'}
NEW=${NEW:-'imaps://{new_user}@new.example.org'}
MACHINES=${MACHINES:-machines}
STATE=${STATE:-$PWD/state}
BATCH=${BATCH:-20}
JOBS=${JOBS:-2}
ACCOUNTS=${ACCOUNTS:-4}
RETRIES=${RETRIES:-3}
POSTEL=${POSTEL:-postel}

umask 077
mkdir -p "$STATE"

# A job gets some lines of the list, and with them the passwords, by its standard
# input; no command line and no file on its machine ever has them.  What the job
# has done, it leaves in STATE, under its number.
header=$(head -n 1 "$LIST")
job="{ printf '%s\\n' '$header'; cat; } |
	$POSTEL fleet - --jobs=$ACCOUNTS --log='$STATE/log/{#}.log' --resume -- \
	copy '$OLD' '$NEW' --journal='$STATE/journals/{user}'"

# SIGINT lets a copy end well; only then comes what does not.
tail -n +2 "$LIST" | parallel --pipe -N "$BATCH" \
    --sshloginfile "$MACHINES" --jobs "$JOBS" --line-buffer \
    --joblog "$STATE/jobs.log" --resume-failed --retries "$RETRIES" \
    --termseq INT,30000,TERM,2000,KILL,50 "$job"
