// One good body for each of Daraja's paths, and what may be wrong with its members.
#pragma once

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace tuma::testing {

inline constexpr const char* sandbox_customer = "254708374149";

/// How Daraja takes a member.
enum class Takes {
    exactly,   ///< whatever is not right is refused at once
    for_told,  ///< has to be there and of a fair length; what is wrong with it the result tells
    freely,    ///< has to be there and of a fair length; any words will do
    maybe,     ///< as `freely`, and may be missing
    maybe_exactly,
};

struct Member {
    const char* name;
    Takes takes;
};

/// A good request and how each of its members is taken.
struct GoodBody {
    std::string path;
    boost::json::object body;
    /// Every member of the body is here, and nothing else is.
    std::vector<Member> members;
};

/// One for each path. The receipt is of a payment to 174379 of ten shillings.
std::vector<GoodBody> good_bodies(const std::string& receipt);

/// Bodies that are needed with other values too. Each payer has ids of requests of its own.
GoodBody b2b_body(const char* path, const char* command, const char* receiver, Takes reference);
GoodBody b2c_body(const char* path, const char* command, const char* payer, Takes originator);
GoodBody query_body(const char* path);
/// With the members that all requests of initiators share.
boost::json::object initiated(const char* command, const boost::json::object& more);

}  // namespace tuma::testing
