/*
 * embed OUT FILE...: writes OUT, a C table of Lua files (see lua/embedded.h).
 *
 * Each file is compiled here, so that a syntax error stops the build, and
 * stored as bytecode with its line numbers.  A leading "lua/" falls off the
 * name: lua/postel/task.lua is "postel/task.lua".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

static _Noreturn void
die(const char *what, const char *name)
{
	fprintf(stderr, "embed: %s: %s\n", what, name);
	exit(1);
}

static const char *
short_name(const char *path)
{
	return strncmp(path, "lua/", 4) == 0 ? path + 4 : path;
}

struct out {
	FILE *f;
	size_t n;
};

static int
write_bytes(lua_State *L, const void *data, size_t n, void *arg)
{
	struct out *o = arg;
	const unsigned char *p = data;

	(void)L;
	for (size_t i = 0; i < n; i++)
		fprintf(o->f, "%u,%s", p[i], ++o->n % 16 == 0 ? "\n" : "");
	return 0;
}

/* What lua_load calls for the next piece of a file. */
static const char *
read_file(lua_State *L, void *arg, size_t *n)
{
	static char piece[4096];
	(void)L;
	*n = fread(piece, 1, sizeof(piece), arg);
	return *n > 0 ? piece : NULL;
}

/* A first line "#!..." is for the kernel; its end stays, for line numbers. */
static void
skip_hashbang(FILE *in)
{
	int c = getc(in);
	if (c == '#')
		while (c != '\n' && c != EOF)
			c = getc(in);
	if (c != EOF)
		ungetc(c, in);
}

/* The C array of one file; returns its size. */
static size_t
embed(FILE *f, const char *path, int number)
{
	struct out o = {f, 0};
	char chunk[512];
	lua_State *L = luaL_newstate();
	FILE *in = fopen(path, "rb");
	if (L == NULL || in == NULL)
		die("cannot read", path);
	snprintf(chunk, sizeof(chunk), "=%s", short_name(path));
	skip_hashbang(in);
	if (lua_load(L, read_file, in, chunk, "t") != LUA_OK)
		die("syntax", lua_tostring(L, -1));
	fclose(in);
	fprintf(f, "static const unsigned char file%d[] = {\n", number);
	lua_dump(L, write_bytes, &o, 0);
	fprintf(f, "\n};\n");
	lua_close(L);
	return o.n;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		die("usage", "embed OUT FILE...");
	FILE *f = fopen(argv[1], "w");
	if (f == NULL)
		die("cannot write", argv[1]);
	fprintf(f, "#include \"lua/embedded.h\"\n\n");
	size_t *size = calloc((size_t)argc, sizeof(*size));
	if (size == NULL)
		die("no memory", argv[1]);
	for (int i = 2; i < argc; i++)
		size[i] = embed(f, argv[i], i);
	fprintf(f, "const struct embedded embedded_files[] = {\n");
	for (int i = 2; i < argc; i++)
		fprintf(f, "\t{\"%s\", (const char *)file%d, %zu},\n",
		    short_name(argv[i]), i, size[i]);
	fprintf(f, "\t{NULL, NULL, 0},\n};\n");
	free(size);
	if (fclose(f) != 0)
		die("cannot write", argv[1]);
	return 0;
}
