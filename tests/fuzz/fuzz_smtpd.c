/* fuzz_smtpd: whatever a client says to the SMTP server. */
#include "tests/fuzz/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct serve_prelude before = {"EHLO me\r\n",
	    "MAIL FROM:<a@b.test>\r\nRCPT TO:<both@mail.test>\r\n"};

	return serve_one(&smtp_service, &before, data, size);
}
