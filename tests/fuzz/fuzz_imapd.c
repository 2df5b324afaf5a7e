/* fuzz_imapd: whatever a client says to the IMAP server. */
#include "tests/fuzz/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct serve_prelude before = {
	    "a LOGIN u p\r\n", "b SELECT INBOX\r\n"};

	return serve_one(&imap_service, &before, data, size);
}
