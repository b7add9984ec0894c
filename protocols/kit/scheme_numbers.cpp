#include "protocols/kit/scheme_numbers.h"

#include "protocols/kit/field_table.h"

#include <boost/json/object.hpp>

namespace tuma::protocols {

std::optional<std::uint8_t> SchemeNumbers::find_class(std::string_view name) const {
    for (const auto& [known, number] : classes)
        if (known == name) return number;
    return std::nullopt;
}

std::optional<std::int64_t> SchemeNumbers::find_rate(std::string_view name,
                                                     std::chrono::sys_days day) const {
    for (const SchemeRate& rate : rates)
        // Both days are included.
        if (rate.account_class == name && rate.from <= day && day <= rate.to)
            return rate.basis_points;
    return std::nullopt;
}

namespace {

std::chrono::sys_days day_of(std::int64_t days) {
    return std::chrono::sys_days{std::chrono::days{days}};
}

// The shell has written it: what is not as it should be is as if it were not there.
std::int64_t whole(const boost::json::object& object, std::string_view key) {
    const auto* const value = object.if_contains({key.data(), key.size()});
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

const boost::json::object& members(const boost::json::object& object, std::string_view key) {
    // To be walked like any other, so that callers need no case for it.
    static const boost::json::object none;
    const auto* const value = object.if_contains({key.data(), key.size()});
    return value != nullptr && value->is_object() ? value->get_object() : none;
}

void take_rates(SchemeNumbers& scheme, std::string_view name, const boost::json::value& list) {
    if (!list.is_array()) return;
    for (const boost::json::value& rate : list.get_array())
        if (rate.is_object())
            scheme.rates.push_back({std::string(name), day_of(whole(rate.get_object(), "from")),
                                    day_of(whole(rate.get_object(), "to")),
                                    whole(rate.get_object(), "bp")});
}

}  // namespace

std::optional<SchemeNumbers> find_scheme(const Directory& directory, std::string_view name) {
    const auto content = directory.find("scheme/" + std::string(name));
    if (content == nullptr) return std::nullopt;
    const auto json = parse_object(*content);
    if (!json) return std::nullopt;
    const boost::json::object& object = json->get_object();
    SchemeNumbers scheme;
    // The shell wrote numbers of these sizes.
    scheme.id = static_cast<std::uint16_t>(whole(object, "id"));
    for (const auto& member : members(object, "classes"))
        if (member.value().is_int64())
            scheme.classes.emplace_back(std::string(member.key().data(), member.key().size()),
                                        static_cast<std::uint8_t>(member.value().get_int64()));
    for (const auto& member : members(object, "rates"))
        take_rates(scheme, {member.key().data(), member.key().size()}, member.value());
    return scheme;
}

}  // namespace tuma::protocols
