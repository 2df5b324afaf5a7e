/* fuzz_pop3d: whatever a client says to the POP3 server. */
#include "tests/fuzz/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct serve_prelude before = {
	    "USER u\r\nPASS p\r\n", "DELE 1\r\n"};

	return serve_one(&pop3_service, &before, data, size);
}
