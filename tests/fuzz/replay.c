/*
 * replay: runs a fuzz target once over each file named, as libFuzzer would.
 *
 * It makes each corpus a test that any compiler can build, so that no target
 * rots between fuzzing runs.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file's bytes in memory of exactly their size, so that ASan sees a read
 * past the end. */
static uint8_t *
slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	long end;
	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (end = ftell(f)) < 0)
		return NULL;
	rewind(f);
	*size = (size_t)end;
	uint8_t *data = malloc(*size > 0 ? *size : 1);
	if (data != NULL && fread(data, 1, *size, f) != *size) {
		free(data);
		data = NULL;
	}
	fclose(f);
	return data;
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "%s: no corpus\n", argv[0]);
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		size_t size;
		uint8_t *data = slurp(argv[i], &size);
		if (data == NULL) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		/* If the target crashes, this is the last line. */
		printf("%s\n", argv[i]);
		fflush(stdout);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	return 0;
}
