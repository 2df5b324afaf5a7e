/* tls_trust: the authorities, whose word on certificates counts. */
#include "net/tls_config.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether dir has the hashed names that OpenSSL looks up (c_rehash). */
static bool
is_hashed(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	bool found = false;

	while (d != NULL && !found && (de = readdir(d)) != NULL)
		found = strlen(de->d_name) == 10 &&
			strspn(de->d_name, "0123456789abcdef") == 8 &&
			strcmp(de->d_name + 8, ".0") == 0;
	if (d != NULL)
		closedir(d);
	return found;
}

bool
tls_system_trust(const char **file, const char **dir)
{
	*file = getenv(ossl.X509_get_default_cert_file_env());
	*dir = getenv(ossl.X509_get_default_cert_dir_env());
	if (*file == NULL)
		*file = ossl.X509_get_default_cert_file();
	if (*dir == NULL)
		*dir = ossl.X509_get_default_cert_dir();
	return access(*file, R_OK) == 0 || is_hashed(*dir);
}

/*
 * To read the system's authorities whole takes 20 ms, so the directory, where
 * single ones are found by their hash, is preferred where there is one.
 */
static int
trust_system(SSL_CTX *ctx)
{
	if (getenv(ossl.X509_get_default_cert_file_env()) == NULL &&
	    getenv(ossl.X509_get_default_cert_dir_env()) == NULL &&
	    is_hashed(ossl.X509_get_default_cert_dir()))
		return ossl.SSL_CTX_set_default_verify_dir(ctx);
	return ossl.SSL_CTX_set_default_verify_paths(ctx);
}

int
tls_trust(SSL_CTX *ctx, const char *ca)
{
	struct stat st;

	if (ca == NULL)
		return trust_system(ctx);
	if (stat(ca, &st) == 0 && S_ISDIR(st.st_mode))
		return ossl.SSL_CTX_load_verify_dir(ctx, ca);
	return ossl.SSL_CTX_load_verify_file(ctx, ca);
}
