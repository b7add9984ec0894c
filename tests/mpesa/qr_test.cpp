// Dynamic QR: the reply's members, its errors, and a picture that is one.
#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/qr_image.h"
#include "tests/mpesa/daraja.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace {

constexpr const char* path = "/mpesa/qrcode/v1/generate";

boost::json::object body() {
    return {{"MerchantName", "TEST SUPERMARKET"},
            {"RefNo", "Invoice Test"},
            {"Amount", 1},
            {"TrxCode", "BG"},
            {"CPI", "373132"},
            {"Size", "300"}};
}

std::string post(Daraja& daraja, const boost::json::object& request) {
    return daraja.post(path, boost::json::serialize(request)).body;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number = number << 8U | static_cast<unsigned char>(bytes.at(at + i));
    return number;
}

}  // namespace

TEST_CASE("mpesa qr: a code of the size that was asked for, at once") {
    Daraja daraja;
    const auto reply = boost::json::parse(post(daraja, body()));
    CHECK(at(reply, "ResponseCode") == "00");
    CHECK(at(reply, "ResponseDescription") == "QR Code Successfully Generated.");
    const std::string png = crypto::base64_decode(at(reply, "QRCode"), 1'000'000).value();
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    CHECK(number_at(png, 16) == 300);
    CHECK(number_at(png, 20) == 300);
}

TEST_CASE("mpesa qr: rows of the picture are whole, with white around and black inside") {
    const std::string png = mpesa::qr_png("MPESA|BG|373132|SHOP|1|INV", 120).value();
    const std::size_t packed = number_at(png, 33);
    std::string rows(120 * 16, '\0');
    uLongf size = rows.size();
    REQUIRE(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                       reinterpret_cast<const Bytef*>(png.data() + 41),
                       static_cast<uLong>(packed)) == Z_OK);
    REQUIRE(size == rows.size());
    CHECK(rows.substr(1, 15) == std::string(15, '\xFF'));
    CHECK(rows.substr(16 * 119 + 1, 15) == std::string(15, '\xFF'));
    std::size_t black = 0;
    for (std::size_t y = 0; y < 120; ++y) {
        CHECK(rows[y * 16] == 0);
        for (std::size_t x = 1; x < 16; ++x)
            black += static_cast<std::size_t>(
                8 - __builtin_popcount(static_cast<unsigned char>(rows[y * 16 + x])));
    }
    CHECK(black > 120 * 120 / 5);
    CHECK(black < 120 * 120 / 2);
    CHECK(!mpesa::qr_png("MPESA|BG|373132|SHOP|1|INV", 20));
    CHECK(!mpesa::qr_png(std::string(4'000, 'x'), 2'000));
}

TEST_CASE("mpesa qr: each field that is wrong is named") {
    Daraja daraja;
    for (const char* field : {"MerchantName", "RefNo", "Amount", "TrxCode", "CPI", "Size"}) {
        boost::json::object request = body();
        request[field] = std::string(200, 'x');
        const auto reply = boost::json::parse(post(daraja, request));
        CHECK_MESSAGE(at(reply, "errorMessage").find(field) != std::string::npos, field);
    }
    boost::json::object request = body();
    request.erase("Size");
    CHECK(at(boost::json::parse(post(daraja, request)), "ResponseCode") == "00");
}
