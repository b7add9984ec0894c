// Fuzzes the XML of WeChat Pay's v2: any bytes as a message, as a value, and as a merchant's answer
// to a notice.
#include "protocols/wechat/v2/v2_notices.h"
#include "protocols/wechat/v2/v2_xml.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace tuma;

void read_message(std::string_view xml) {
    const auto read = wechat::read_v2_xml(xml);
    static_cast<void>(wechat::is_v2_taken(xml));
    if (!read) return;
    ensure(xml.size() <= wechat::v2_xml_bytes_max && read->size() <= wechat::v2_elements_max,
           "a message was accepted that is beyond its bounds");
    for (const auto& [name, value] : *read)
        ensure(wechat::v2_text(value) == value, "a value was accepted that XML cannot carry");
    static_cast<void>(wechat::verify_v2(*read, "key"));
}

void write_value(std::string_view bytes) {
    if (bytes.size() > 1'000) return;
    const std::string value = wechat::v2_text(bytes);
    const auto read = wechat::read_v2_xml(wechat::write_v2_xml({{"a", value}, {"b", value}}));
    ensure(read.has_value(), "what was written is not read");
    ensure(read->at("a") == value && read->at("b") == value, "a value came back different");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_message(bytes);
    read_message("<xml><a>" + std::string(bytes) + "</a></xml>");
    write_value(bytes);
    return 0;
}
