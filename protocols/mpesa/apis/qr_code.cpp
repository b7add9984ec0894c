#include "protocols/mpesa/apis/qr_code.h"

#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/mpesa/apis/qr_image.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/apps.h"
#include "protocols/mpesa/wire/field_reader.h"
#include "protocols/mpesa/wire/replies.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace tuma::mpesa {
namespace {

using protocols::Answer;

constexpr std::size_t pixels_min = 50;
constexpr std::size_t pixels_max = 2'000;
constexpr std::string_view pixels_default = "300";

std::size_t pixels_of(FieldReader& fields) {
    std::string text = fields.optional_text({"Size"}, 8);
    if (text.empty()) text = pixels_default;
    std::size_t pixels = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pixels);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    // The upper bound keeps a small request from making a picture of many megabytes.
    if (!is_number || pixels < pixels_min || pixels > pixels_max)
        fields.fail(
            invalid("Size", fmt::format("Size is not from {} to {}", pixels_min, pixels_max)));
    return pixels;
}

}  // namespace

Answer generate_qr(const CallPtr& call) {
    FieldReader fields(*call);
    const std::string name = fields.text("MerchantName", 100);
    const std::string reference = fields.text("RefNo", 100);
    const std::int64_t amount = fields.amount("Amount");
    const std::string code = fields.word("TrxCode", {"BG", "WA", "PB", "SM", "SB"});
    const std::string identifier = fields.text("CPI", 32);
    const std::size_t pixels = pixels_of(fields);
    // A code sends its payers' money to whom it names.
    if (is_foreign(*call, identifier)) fields.fail(invalid("CPI", app_may_not("CPI")));
    if (!fields.is_good()) return fields.refusal();
    const auto image = qr_png(
        fmt::format("MPESA|{}|{}|{}|{}|{}", code, identifier, name, plain_text(amount), reference),
        pixels);
    // Long texts make larger codes, so that even a size within the bounds can be too small.
    if (!image)
        return error_reply(*call,
                           invalid("Size", "the code does not fit into a picture of this Size"));
    protocols::JsonText json;
    json.begin_object()
        .text("ResponseCode", "00")
        .text("RequestID", new_request_id(*call))
        .text("ResponseDescription", "QR Code Successfully Generated.")
        .text("QRCode", crypto::base64_encode(*image));
    return json_reply(json.end_object().take());
}

}  // namespace tuma::mpesa
