// A value or the reason why input could not be understood.
#pragma once

#include "ledger/words/ensure.h"

#include <string>
#include <utility>
#include <variant>

namespace tuma {

/// Why a piece of input was not accepted: the field's name and a sentence with the bound.
struct InputError {
    std::string field;
    std::string reason;

    bool operator==(const InputError&) const = default;

    /// "field: reason", for messages.
    std::string text() const { return field + ": " + reason; }
};

/// Either a `T` or an `E`. Using the one that is not there is a bug and ends the process.
template <typename T, typename E = InputError>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(E error) : content_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const { return content_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    const T& value() const& {
        ensure(has_value(), "value() of a result that holds an error");
        return std::get<0>(content_);
    }
    T&& value() && {
        ensure(has_value(), "value() of a result that holds an error");
        return std::get<0>(std::move(content_));
    }
    const E& error() const {
        ensure(!has_value(), "error() of a result that holds a value");
        return std::get<1>(content_);
    }
    const T& operator*() const& { return value(); }
    const T* operator->() const { return &value(); }

private:
    std::variant<T, E> content_;
};

}  // namespace tuma
