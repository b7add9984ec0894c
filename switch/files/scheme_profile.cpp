#include "switch/files/scheme_profile.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace tuma {
namespace {

// What merchants of a class are charged, in 1/10,000, day by day: bills state it.
boost::json::array rates_of(const core::Scheme& scheme, const core::AccountClass& account_class) {
    boost::json::array rates;
    for (const core::PaymentType& type : scheme.types) {
        if (type.name != account_class.receives || type.fees.empty()) continue;
        rates.push_back(boost::json::object{{"from", type.period.from.time_since_epoch().count()},
                                            {"to", type.period.to.time_since_epoch().count()},
                                            {"bp", type.fees.front().basis_points}});
    }
    return rates;
}

}  // namespace

std::string scheme_profile(const core::Scheme& scheme, SchemeId id) {
    boost::json::object classes;
    boost::json::object rates;
    for (std::size_t i = 0; i < scheme.classes.size(); ++i) {
        const core::AccountClass& one = scheme.classes[i];
        classes[one.name] = i;
        rates[one.name] = rates_of(scheme, one);
    }
    return boost::json::serialize(
        boost::json::object{{"id", id.value},
                            {"currency", alphabetic_code(scheme.currency)},
                            {"classes", std::move(classes)},
                            {"rates", std::move(rates)}});
}

}  // namespace tuma
