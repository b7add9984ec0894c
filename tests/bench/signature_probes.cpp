#include "protocols/crypto/rsa.h"
#include "protocols/wechat/wire/response_signature.h"
#include "tests/bench/percentile.h"
#include "tests/bench/probes.h"

#include <fmt/format.h>

#include <cstdint>
#include <ctime>
#include <functional>
#include <stdexcept>

namespace tuma::bench {

namespace {

double processor_seconds() {
    timespec spent{};
    if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent) != 0)
        throw std::runtime_error("the thread's processor time is not known");
    return double(spent.tv_sec) + double(spent.tv_nsec) / 1e9;
}

/// How often in a second of its processor time this thread does `work`, measured for `duration`.
double rate_of(std::chrono::seconds duration, const std::function<void(std::uint64_t)>& work) {
    constexpr std::uint64_t warm_up = 50;
    for (std::uint64_t i = 0; i < warm_up; ++i) work(i);
    const double spent_before = processor_seconds();
    const Steady::time_point start = Steady::now();
    std::uint64_t done = 0;
    while (Steady::now() - start < duration) work(done++);
    return double(done) / (processor_seconds() - spent_before);
}

}  // namespace

std::string signatures(std::chrono::seconds duration) {
    const wechat::SigningKey key{"PUB_KEY_ID_0119000001092025010100291100000001",
                                 crypto::PrivateKey::generate()};
    const crypto::PublicKey public_key = key.key.public_key();
    const std::string body = R"({"code_url":"weixin://wxpay/bizpayurl?pr=0123456789"})";
    const Timestamp now{std::chrono::hours{24 * 365 * 56}};
    const std::string signature = key.key.sign(body);

    const double signs = rate_of(duration, [&](std::uint64_t) { key.key.sign(body); });
    const double verifies = rate_of(duration, [&](std::uint64_t) {
        if (!public_key.verify(body, signature)) throw std::runtime_error("a signature is bad");
    });
    const double replies = rate_of(duration, [&](std::uint64_t number) {
        wechat::sign_response(key, now, fmt::format("{:032X}", number), body);
    });
    return fmt::format(R"({{"probe":"signatures","sign_per_s":{:.0f},"verify_per_s":{:.0f},)"
                       R"("signed_replies_per_s":{:.0f}}})",
                       signs, verifies, replies);
}

}  // namespace tuma::bench
