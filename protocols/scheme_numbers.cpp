#include "protocols/scheme_numbers.h"

#include "protocols/stored_json.h"

namespace tuma::protocols {

std::optional<std::uint8_t> SchemeNumbers::find_class(std::string_view name) const {
    for (const auto& [known, number] : classes)
        if (known == name) return number;
    return std::nullopt;
}

std::optional<SchemeNumbers> find_scheme(const Directory& directory, std::string_view name) {
    const auto content = directory.find("scheme/" + std::string(name));
    if (content == nullptr) return std::nullopt;
    StoredJson json(*content, "scheme");
    SchemeNumbers scheme;
    scheme.id = static_cast<std::uint16_t>(json.number_or("id", 0));
    if (const boost::json::value* numbers = json.object("classes"))
        for (const auto& member : numbers->get_object())
            if (member.value().is_int64())
                scheme.classes.emplace_back(std::string(member.key().data(), member.key().size()),
                                            static_cast<std::uint8_t>(member.value().get_int64()));
    return scheme;
}

}  // namespace tuma::protocols
