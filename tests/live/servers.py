"""Private mail servers for the live tests, the demo and the benchmark.

Each is an ordinary process group with its own folder and configuration on
free loopback ports.  It is ended by its process group, never by name, and
its folder goes with it.  A server that does not start is an error that
carries the server's log.
"""

import atexit
import os
import pathlib
import pwd
import grp
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNPACKED = ROOT / "build" / "servers"
STARTUP = 20  # seconds until a server must answer

# Servers never run as root: Dovecot and Exim would want their own users.
USER = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
UID = pwd.getpwnam(USER).pw_uid
GID = pwd.getpwnam(USER).pw_gid
GROUP = grp.getgrgid(GID).gr_name


class ServerError(RuntimeError):
    pass


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


given_ports = set()


def free_port():
    """A port nobody listens on, below the range that clients are given; each
    is given once."""
    while True:
        port = random.randrange(10240, 32000)
        if port in given_ports:
            continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                given_ports.add(port)
                return port
            except OSError:
                continue


def own(path):
    """Gives what the tests made to the user whom the servers run as."""
    if os.getuid() == 0:
        os.chown(path, UID, GID)


def make_folder(path):
    path = pathlib.Path(path)
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o755, exist_ok=True)
        own(path)
    return path


def write(path, content, mode=0o644):
    """Writes a file whole, under its final name only when it is complete."""
    path = pathlib.Path(path)
    if isinstance(content, str):
        content = content.encode()
    new = path.with_name(path.name + ".new")
    new.write_bytes(content)
    new.chmod(mode)
    own(new)
    new.rename(path)
    return path


def temporary_folder(prefix):
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"postel-{prefix}-"))
    folder.chmod(0o755)
    own(folder)
    return folder


class Copies:
    """Unpacked programs, where the user of the servers can reach them."""

    folder = None

    @classmethod
    def path(cls, package, name):
        unpacked = UNPACKED / package
        if not (unpacked / name).is_file():
            raise ServerError(
                f"{unpacked / name} is missing: run tools/deps first")
        if os.getuid() != 0:
            return unpacked / name
        if cls.folder is None:
            cls.folder = temporary_folder("programs")
            atexit.register(shutil.rmtree, cls.folder, ignore_errors=True)
        copy = cls.folder / package
        if not copy.is_dir():
            shutil.copytree(unpacked, copy, symlinks=True)
            copy.chmod(0o755)
            (copy / name).chmod(0o755)  # packages ship some setuid
        return copy / name


def need(program):
    found = shutil.which(program, path=os.defpath + ":/usr/sbin:/sbin")
    if not found:
        raise ServerError(f"{program} is not installed: run tools/deps first")
    return found


class Server:
    """A process group in a folder.  A subclass gives `command()` and
    `ports`, and may add to `environment`."""

    name = "server"

    def __init__(self):
        self.folder = temporary_folder(self.name)
        self.output = self.folder / "output"
        self.environment = {"PATH": os.defpath + ":/usr/sbin:/sbin",
                            "LC_ALL": "C", "HOME": str(self.folder),
                            "TMPDIR": str(self.folder)}
        self.process = None
        self.ports = []
        self.last_words = ""

    def command(self):
        raise NotImplementedError

    def as_user(self, command):
        drop = (["--reuid", str(UID), "--regid", str(GID), "--clear-groups"]
                if os.getuid() == 0 else [])
        return [need("setpriv"), "--pdeathsig", "TERM", *drop, "--",
                *map(str, command)]

    def start(self):
        with open(self.output, "ab") as log:
            self.process = subprocess.Popen(
                self.as_user(self.command()), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=self.environment,
                cwd=self.folder, start_new_session=True)
        limit = time.monotonic() + STARTUP
        for port in self.ports:
            while not self._answers(port):
                if (self.process.poll() is not None
                        or time.monotonic() > limit):
                    log = self.log()
                    self.stop()
                    raise ServerError(f"{self.name} did not start:\n{log}")
                time.sleep(0.02)
        return self

    @staticmethod
    def _answers(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return True
        except OSError:
            return False

    def members(self, name=None):
        """The processes of this server now, or only those of one name."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            comm, rest = stat[stat.index("(") + 1:].rsplit(")", 1)
            fields = rest.split()
            session, state = int(fields[3]), fields[0]
            if (self.process and session == self.process.pid and state != "Z"
                    and name in (None, comm)):
                found.append(int(entry))
        return found

    def signal_all(self, number, name=None):
        count = 0
        for pid in self.members(name):
            try:
                os.kill(pid, number)
                count += 1
            except ProcessLookupError:
                pass
        return count

    def kill(self):
        """SIGKILL, to every process at once, as a power cut has it."""
        while self.signal_all(signal.SIGKILL):
            time.sleep(0.005)
        self.process.wait()
        self.process = None

    def stop(self):
        if self.process is None:
            return
        self.signal_all(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        limit = time.monotonic() + 2
        while self.members() and time.monotonic() < limit:
            time.sleep(0.01)
        self.kill()

    def logs(self):
        return [self.output]

    def log(self):
        """The ends of the logs, also when the server is gone already."""
        return self.last_words or "\n".join(
            f"--- {path.name}\n" + path.read_text(errors="replace")[-4000:]
            for path in self.logs() if path.is_file())

    def close(self):
        self.stop()
        self.last_words = self.log()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


class Maildir:
    """A Maildir that a server reads or writes (messages have unique names
    in the order in which they were put)."""

    counter = 0

    def __init__(self, path):
        self.path = make_folder(path)
        for part in ("tmp", "new", "cur"):
            make_folder(self.path / part)

    def put(self, content, flags=None):
        """Delivers a message; with flags ("S" is \\Seen) it lies in cur."""
        Maildir.counter += 1
        stamp = 1_700_000_000 + Maildir.counter
        base = f"{stamp}.M{Maildir.counter:06d}P{os.getpid()}.live"
        where = (self.path / "new" / base if flags is None
                 else self.path / "cur" / f"{base}:2,{flags}")
        temporary = self.path / "tmp" / base
        temporary.write_bytes(content)
        own(temporary)
        temporary.rename(where)
        return where

    def files(self):
        return sorted(p for part in ("new", "cur")
                      for p in (self.path / part).iterdir()
                      if not p.name.startswith("."))

    def contents(self):
        return [p.read_bytes() for p in self.files()]

    def __len__(self):
        return len(self.files())


class Dovecot(Server):
    """IMAP, POP3 and LMTP over one Maildir per user."""

    name = "dovecot"
    MODULES = pathlib.Path("/usr/lib/dovecot/modules")

    def __init__(self, users=None, authority=None, cert="localhost",
                 tls_only=False, mechanisms="plain login cram-md5 apop",
                 more="", location="maildir:~/Maildir"):
        super().__init__()
        self.users = dict(users or {"asterix": "gaul", "obelix": "menhir"})
        self.authority, self.cert = authority, cert
        self.tls_only, self.mechanisms = tls_only, mechanisms
        self.more = more  # configuration in front of ours
        self.location = location
        self.imap, self.pop3, self.lmtp = (free_port() for _ in range(3))
        self.ports = [self.imap, self.pop3, self.lmtp]
        if authority:
            self.imaps, self.pop3s = free_port(), free_port()
            self.ports += [self.imaps, self.pop3s]
        write(self.folder / "users", "".join(
            f"{user}:{{PLAIN}}{password}:{UID}:{GID}::{self.home(user)}\n"
            for user, password in self.users.items()))
        for user in self.users:
            self.inbox(user)
        write(self.folder / "dovecot.conf", self._configuration())

    def home(self, user):
        return self.folder / "home" / user

    def inbox(self, user, mailbox=None):
        folder = self.home(user) / "Maildir"
        return Maildir(folder / f".{mailbox}" if mailbox else folder)

    def remove_locks(self):
        """Locks of killed processes; Dovecot waits two minutes for them."""
        for path in self.folder.glob("home/*/Maildir/**/*.lock"):
            path.unlink(missing_ok=True)

    def url(self, protocol, user="asterix", password=None, tail=""):
        """A URL with its secret, as a test of a trusting user has it."""
        secret = (self.users[user] if user and password is None
                  else password)
        port = getattr(self, protocol)
        login = f"{user}:{secret}@" if user else ""
        return f"{protocol}://{login}127.0.0.1:{port}{tail}"

    def logs(self):
        return [self.folder / "dovecot.log", self.output]

    def command(self):
        return [need("dovecot"), "-F", "-c", self.folder / "dovecot.conf"]

    def _listener(self, name, port, tls=False):
        return (f"  inet_listener {name} {{\n    port = {port}\n"
                + ("    ssl = yes\n" if tls else "") + "  }\n")

    def _configuration(self):
        tls, folder = self.authority, self.folder
        zlib = (self.MODULES / "lib30_imap_zlib_plugin.so").exists()
        lines = [
            self.more,
            f"base_dir = {folder}/run", f"state_dir = {folder}/state",
            f"log_path = {folder}/dovecot.log", "protocols = imap pop3 lmtp",
            "listen = 127.0.0.1" + (", ::1" if have_ipv6() else ""),
            f"default_login_user = {USER}", f"default_internal_user = {USER}",
            f"default_internal_group = {GROUP}", "first_valid_uid = 1",
            f"first_valid_gid = {min(GID, 1)}",
            f"auth_mechanisms = {self.mechanisms}",
            "auth_failure_delay = 0", "auth_verbose = yes",
            f"disable_plaintext_auth = {'yes' if self.tls_only else 'no'}",
            f"mail_location = {self.location}", "mail_fsync = never",
            "mail_max_userip_connections = 1000",
            "postmaster_address = postmaster@mail.test",
            "hostname = mail.test",
            f"passdb {{\n  driver = passwd-file\n  args = {folder}/users\n}}",
            f"userdb {{\n  driver = passwd-file\n  args = {folder}/users\n}}",
            "namespace inbox {\n  inbox = yes\n  separator = /\n"
            "  mailbox Drafts {\n    special_use = \\Drafts\n"
            "    auto = create\n  }\n}",
            "service anvil {\n  chroot =\n"
            "  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}",
            "service imap-login {\n  chroot =\n  service_count = 0\n"
            "  client_limit = 400\n"
            + self._listener("imap", self.imap)
            + self._listener("imaps", self.imaps if tls else 0, True) + "}",
            "service pop3-login {\n  chroot =\n  service_count = 0\n"
            "  client_limit = 400\n"
            + self._listener("pop3", self.pop3)
            + self._listener("pop3s", self.pop3s if tls else 0, True) + "}",
            "service lmtp {\n" + self._listener("lmtp", self.lmtp) + "}",
            "service stats {\n  chroot =\n}",
        ]
        if tls:
            lines += [f"ssl = {'required' if self.tls_only else 'yes'}",
                      f"ssl_cert = <{tls.cert(self.cert)}",
                      f"ssl_key = <{tls.key(self.cert)}"]
        else:
            lines.append("ssl = no")
        if zlib:
            lines.append("protocol imap {\n"
                         "  mail_plugins = $mail_plugins imap_zlib\n}")
        return "\n".join(lines) + "\n"


class Exim(Server):
    """A whole MTA: takes mail for its mailboxes @*.test into Maildirs.

    Refuses whom it does not know and full@ for good, later@ for now; with
    `spool_only` it delivers only when told to flush.  `maildir` is where
    the mail for USER goes.
    """

    name = "exim"
    MAILBOXES = ("asterix", "obelix", "idefix", "miraculix")

    def __init__(self, authority=None, cert="localhost", users=None,
                 need_login=False, spool_only=False, maildir=None,
                 authenticators="", more=""):
        super().__init__()
        self.authority, self.cert = authority, cert
        self.users = dict(users or {"asterix": "gaul", "obelix": "menhir"})
        self.need_login, self.spool_only = need_login, spool_only
        self.authenticators, self.more = authenticators, more
        self.maildir = str(maildir or self.folder / "mail" / "USER")
        self.program = Copies.path("exim4", "usr/sbin/exim4")
        self.smtp = free_port()
        self.ports = [self.smtp]
        self.smtps = free_port() if authority else None
        if authority:
            self.ports.append(self.smtps)
        for part in ("spool", "log", "mail"):
            make_folder(self.folder / part)
        write(self.folder / "mailboxes",
              "".join(f"{m}: {m}\n" for m in self.MAILBOXES))
        self._map_user()
        write(self.folder / "exim.conf", self._configuration())

    def _map_user(self):
        """Exim insists on the user it was built for; here that is us."""
        write(self.folder / "passwd", "root:x:0:0:root:/:/bin/sh\n"
              f"Debian-exim:x:{UID}:{GID}::{self.folder}:/bin/sh\n"
              f"{USER}:x:{UID}:{GID}::{self.folder}:/bin/sh\n")
        write(self.folder / "group", "root:x:0:\nmail:x:8:\n"
              f"Debian-exim:x:{GID}:\n{GROUP}:x:{GID}:\n")
        self.environment |= {
            "LD_PRELOAD": "libnss_wrapper.so",
            "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(self.folder / "group")}

    def inbox(self, user):
        return Maildir(self.maildir.replace("USER", user))

    def url(self, protocol="smtp", user=None, tail=""):
        login = f"{user}:{self.users[user]}@" if user else ""
        return f"{protocol}://{login}127.0.0.1:{getattr(self, protocol)}{tail}"

    def logs(self):
        return [*sorted((self.folder / "log").glob("*log")), self.output]

    def command(self):
        return self._exim("-bdf", *([] if self.spool_only else ["-q2s"]))

    def _exim(self, *arguments):
        return [self.program, "-C", self.folder / "exim.conf", *arguments]

    def flush(self):
        """Tries each message of the queue once, and returns how many are
        left in it."""
        subprocess.run(self.as_user(self._exim("-qff")), cwd=self.folder,
                       env=self.environment, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=120, check=False)
        return self.queued()

    def queued(self):
        return sum(1 for p in (self.folder / "spool" / "input").rglob("*-H"))

    def wait_delivered(self, user, count, seconds=60):
        """Waits until the queue is empty and count messages are there."""
        inbox, limit = self.inbox(user), time.monotonic() + seconds
        while len(inbox) < count or self.queued():
            if time.monotonic() > limit:
                raise ServerError(
                    f"{len(inbox)} of {count} messages delivered to {user}, "
                    f"{self.queued()} queued\n{self.log()}")
            if self.spool_only:
                self.flush()
            time.sleep(0.05)
        return inbox

    def _configuration(self):
        tls, folder = self.authority, self.folder
        ports = f"{self.smtp}" + (f" : {self.smtps}" if tls else "")
        secrets = " : ".join(f"{u}/{p}" for u, p in self.users.items())
        check = "${if inlist{%s/%s}{" + secrets + "}}"
        lines = [
            self.more,
            f"exim_path = {self.program}", f"spool_directory = {folder}/spool",
            f"log_file_path = {folder}/log/%slog",
            f"pid_file_path = {folder}/exim.pid",
            "primary_hostname = mx.test", "qualify_domain = mail.test",
            "domainlist ours = test : *.test", "hostlist everyone = *",
            "local_interfaces = <; 127.0.0.1"
            + (" ; ::1" if have_ipv6() else ""),
            f"daemon_smtp_ports = {ports}",
            f"tls_on_connect_ports = {self.smtps or ''}",
            "tls_advertise_hosts = " + ("*" if tls else ""),
            "acl_smtp_mail = check_mail", "acl_smtp_rcpt = check_rcpt",
            "acl_smtp_vrfy = accept", "host_lookup =",
            "rfc1413_hosts =", "never_users =",
            "keep_environment = ^LD_PRELOAD : ^NSS_WRAPPER_",
            "add_environment =", "pipelining_advertise_hosts = *",
            "chunking_advertise_hosts = *", "smtputf8_advertise_hosts = *",
            "message_size_limit = 1G", "smtp_accept_max = 100",
            "smtp_accept_max_per_connection = 0",
            "smtp_accept_queue_per_connection = 0",
            "smtp_accept_reserve = 0", "received_headers_max = 100",
            "check_spool_space = 0", "check_log_space = 0",
            "deliver_drop_privilege = true", "queue_run_max = 1",
            "recipients_max = 200", "log_selector = -queue_run",
            "bounce_return_body = false",
            f"queue_only = {'true' if self.spool_only else 'false'}",
        ]
        if tls:
            lines += [f"tls_certificate = {tls.cert(self.cert)}",
                      f"tls_privatekey = {tls.key(self.cert)}"]
        lines += [
            "begin acl", "check_mail:",
            "  deny  condition = " + ("${if eq{$authenticated_id}{}}"
                                      if self.need_login else "false"),
            "        message = 530 5.7.0 Authentication required",
            "  accept", "check_rcpt:",
            "  deny  domains = !+ours",
            "        message = 550 5.7.1 relaying denied",
            "  deny  local_parts = full",
            "        message = 552 5.2.2 mailbox full",
            "  defer local_parts = later",
            "        message = 450 4.2.0 try again later",
            f"  accept local_parts = lsearch;{folder}/mailboxes",
            "  deny  message = 550 5.1.1 no such user here",
            "begin routers", "here:", "  driver = accept",
            f"  local_parts = lsearch;{folder}/mailboxes",
            "  transport = maildir",
            "elsewhere:", "  driver = redirect", "  data = :blackhole:",
            "begin transports", "maildir:", "  driver = appendfile",
            "  directory = "
            + self.maildir.replace("USER", "$local_part_data"),
            "  maildir_format", "  create_directory",
            "  delivery_date_add", "  envelope_to_add", "  return_path_add",
            "  no_check_owner", f"  user = {UID}", f"  group = {GID}",
            "begin retry", "* * F,1h,2s", "begin rewrite",
            "begin authenticators",
            "plain:", "  driver = plaintext", "  public_name = PLAIN",
            "  server_prompts = :", "  server_set_id = $auth2",
            "  server_condition = " + check % ("$auth2", "$auth3"),
            "login:", "  driver = plaintext", "  public_name = LOGIN",
            "  server_prompts = <| Username: | Password:",
            "  server_set_id = $auth1",
            "  server_condition = " + check % ("$auth1", "$auth2"),
            self.authenticators,
        ]
        return "\n".join(lines) + "\n"


class Sink(Server):
    """Postfix's smtp-sink: takes everything and keeps nothing."""

    name = "sink"

    def __init__(self, *options):
        super().__init__()
        self.options = options
        program = Copies.path("postfix", "usr/sbin/smtp-sink")
        self.program = program
        self.environment["LD_LIBRARY_PATH"] = str(
            program.parents[1] / "lib" / "postfix")
        self.smtp = free_port()
        self.ports = [self.smtp]

    def command(self):
        return [self.program, *self.options, f"127.0.0.1:{self.smtp}", 100]

    def url(self, tail=""):
        return f"smtp://127.0.0.1:{self.smtp}{tail}"


class Posteld(Server):
    """The practice server: POP3, SMTP, LMTP and IMAP over one Maildir per
    user.  `options` go to its command line."""

    name = "posteld"

    def __init__(self, users=None, authority=None, cert="localhost",
                 options=(), aliases=None):
        super().__init__()
        self.users = dict(users or {"asterix": "gaul", "obelix": "menhir"})
        self.authority, self.cert, self.options = authority, cert, options
        self.root = make_folder(self.folder / "root")
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        write(self.root / "users", "".join(
            f"{user}:{password}\n" for user, password in self.users.items()))
        if aliases:
            write(self.root / "aliases", "".join(
                f"{name}: {members}\n" for name, members in aliases.items()))
        self.services = ["pop3", "smtp", "lmtp", "imap"]
        if authority:
            self.services += ["pop3s", "smtps", "imaps"]
        for service in self.services:
            setattr(self, service, free_port())
        self.ports = [getattr(self, s) for s in self.services]

    def command(self):
        program = pathlib.Path(os.environ.get(
            "BUILD", ROOT / "build" / "release")).resolve() / "posteld"
        command = [program, "--root", self.root, "--host", "mail.test",
                   "--verbose", *self.options]
        for service in self.services:
            command += [f"--{service}", getattr(self, service)]
        if self.authority:
            command += ["--tls", self.authority.cert(self.cert),
                        self.authority.key(self.cert)]
        return command

    def as_user(self, command):
        """It is ours, and may run as we do."""
        return [need("setpriv"), "--pdeathsig", "TERM", "--",
                *map(str, command)]

    def memory(self, what):
        """What it has ("VmRSS") or at most had ("VmHWM"), in KiB."""
        status = pathlib.Path(
            f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{what}:")[1].split()[0])

    def home(self, user):
        return self.root / user

    def inbox(self, user, mailbox=None):
        """The Maildir of a mailbox, levels divided by "/"."""
        folder = self.home(user)
        if mailbox:
            folder /= "." + ".".join(
                level.replace("%", "%25").replace(".", "%2E")
                for level in mailbox.split("/"))
        return Maildir(folder)

    def url(self, protocol, user="asterix", password=None, tail=""):
        """A URL with its secret, as a test of a trusting user has it."""
        secret = (self.users[user] if user and password is None
                  else password)
        login = f"{user}:{secret}@" if user else ""
        return (f"{protocol}://{login}127.0.0.1:{getattr(self, protocol)}"
                f"{tail}")
