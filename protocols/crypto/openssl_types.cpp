// Memory BIOs.
#include "protocols/crypto/openssl_types.h"

#include "ledger/words/ensure.h"

#include <limits>

namespace tuma::crypto {

BioOwner open_bio(std::string_view text) {
    // Read where it lies: keys should not be copied into memory that nobody clears.
    ensure(text.size() <= std::numeric_limits<int>::max(), "a text of more than 2 GiB");
    BioOwner bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    ensure(bio != nullptr, "no memory for a BIO");
    return bio;
}

std::string bio_text(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    ensure(size >= 0, "not a memory BIO");
    return {data, static_cast<std::size_t>(size)};
}

int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*context*/) {
    // Asking for a passphrase would wait for a terminal that a server does not have.
    return -1;
}

}  // namespace tuma::crypto
