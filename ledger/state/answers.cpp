#include "ledger/state/answers.h"

#include <variant>

namespace tuma::ledger {
namespace {

struct Answer {
    Timestamp time;

    template <typename Record>
    std::optional<RememberedRequest> with(const Record& record, std::uint64_t id) const {
        // Without a key nobody asked: an expiry is the switch's own doing.
        if (!RequestKey{record.participant, record.reference}) return std::nullopt;
        RememberedRequest answer;
        answer.reference = record.reference;
        answer.digest = record.digest;
        answer.participant = record.participant;
        answer.id = id;
        answer.time_us = time.time_since_epoch().count();
        return answer;
    }
    std::optional<RememberedRequest> operator()(const TransferRecord& record) const {
        // A set has one answer, that of its first record.
        if (record.is_continuation()) return std::nullopt;
        auto answer = with(record, record.id.value);
        if (answer) answer->balance = record.debit_balance_after;
        return answer;
    }
    std::optional<RememberedRequest> operator()(const AccountOpened& record) const {
        return with(record, record.id.value);
    }
    std::optional<RememberedRequest> operator()(const AccountChanged& record) const {
        return with(record, record.id.value);
    }
    std::optional<RememberedRequest> operator()(const SchemeLoaded& loaded) const {
        return with(loaded.head, loaded.head.id.value);
    }
    /// What is not found by a request's key: settlements, orders, notices, profiles.
    template <typename Other>
    std::optional<RememberedRequest> operator()(const Other&) const {
        return std::nullopt;
    }
    std::optional<RememberedRequest> operator()(const RequestRefused& record) const {
        // A refusal makes nothing that has a number.
        auto answer = with(record, 0);
        if (answer) answer->code = record.refusal;
        return answer;
    }
};

}  // namespace

std::optional<RememberedRequest> answer_of(const Event& event, Timestamp time) {
    return std::visit(Answer{time}, event);
}

}  // namespace tuma::ledger
