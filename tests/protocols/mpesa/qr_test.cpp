// Dynamic QR: the reply's members, its errors, and a picture that is one.
#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/apis/qr_image.h"
#include "tests/protocols/mpesa/daraja.h"

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

TEST_CASE(
    "mpesa qr: every code of a transaction, every size that can be read, any text that fits") {
    Daraja daraja;
    const auto says = [&](const char* member, const boost::json::value& value) {
        boost::json::object request = body();
        request[member] = value;
        const auto reply = boost::json::parse(post(daraja, request));
        return at(reply, "ResponseCode") == "00" ? "00" : at(reply, "errorMessage");
    };
    for (const char* code : {"BG", "WA", "PB", "SM", "SB"}) CHECK(says("TrxCode", code) == "00");
    for (const char* code : {"bg", "XX", "BGG", "B"})
        CHECK(says("TrxCode", code) == "Bad Request - Invalid TrxCode");
    for (const boost::json::value& size : {boost::json::value(50), boost::json::value("2000")})
        CHECK(says("Size", size) == "00");
    for (const boost::json::value& size :
         {boost::json::value(49), boost::json::value(2'001), boost::json::value("-300"),
          boost::json::value(300.5), boost::json::value("300px"), boost::json::value("0x100")})
        CHECK(says("Size", size) == "Bad Request - Invalid Size");
    // Bytes count, not characters.
    std::string name;
    for (int i = 0; i < 50; ++i) name += "\xC5\xA9";
    CHECK(says("MerchantName", boost::json::string(name)) == "00");
    CHECK(says("MerchantName", boost::json::string(name + "x")) ==
          "Bad Request - Invalid MerchantName");
    // It fits the code, but the code not the picture.
    boost::json::object request = body();
    request["MerchantName"] = request["RefNo"] = std::string(100, 'x');
    request["Size"] = 60;
    CHECK(at(boost::json::parse(post(daraja, request)), "errorMessage") ==
          "Bad Request - Invalid Size");
    // No account is opened for a picture.
    CHECK(daraja.arrived.empty());
    daraja.check_books();
}
