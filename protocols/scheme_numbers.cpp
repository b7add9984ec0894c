#include "protocols/scheme_numbers.h"

#include "protocols/stored_json.h"

namespace tuma::protocols {

std::optional<std::uint8_t> SchemeNumbers::find_class(std::string_view name) const {
    for (const auto& [known, number] : classes)
        if (known == name) return number;
    return std::nullopt;
}

std::optional<std::int64_t> SchemeNumbers::find_rate(std::string_view name,
                                                     std::chrono::sys_days day) const {
    for (const SchemeRate& rate : rates)
        if (rate.account_class == name && rate.from <= day && day <= rate.to)
            return rate.basis_points;
    return std::nullopt;
}

namespace {

std::chrono::sys_days day_of(std::int64_t days) {
    return std::chrono::sys_days{std::chrono::days{days}};
}

void take_rates(SchemeNumbers& scheme, std::string_view name, const boost::json::value& list) {
    if (!list.is_array()) return;
    for (const boost::json::value& value : list.get_array()) {
        StoredJson rate(value, "rate");
        const std::int64_t from = rate.number_or("from", 0);
        const std::int64_t to = rate.number_or("to", 0);
        scheme.rates.push_back(
            {std::string(name), day_of(from), day_of(to), rate.number_or("bp", 0)});
    }
}

}  // namespace

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
    if (json.has("rates"))
        for (const auto& member : json.object("rates")->get_object())
            take_rates(scheme, {member.key().data(), member.key().size()}, member.value());
    return scheme;
}

}  // namespace tuma::protocols
