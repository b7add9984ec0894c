// Certificates made for one test run.
#pragma once

#include <string>

namespace tuma::test {

struct Certificate {
    std::string certificate_pem;
    std::string key_pem;
};

/// A self-signed certificate for 127.0.0.1 and localhost, with a key on P-256.
Certificate make_certificate();

}  // namespace tuma::test
