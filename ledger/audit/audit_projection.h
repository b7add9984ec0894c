// The projection's rows against the journal, row by row while the replay passes by.
#pragma once

#include "ledger/audit.h"
#include "ledger/batch.h"
#include "ledger/event.h"
#include "ledger/projection.h"
#include "ledger/sql.h"
#include "ledger/state.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tuma::ledger {

/// Compares one consistent view of the projection, as far as it has got.
class ProjectionCheck {
public:
    /// Opens the projection of the data directory read-only; none is a note.
    ProjectionCheck(const std::filesystem::path& directory, AuditReport& report);
    ~ProjectionCheck();
    ProjectionCheck(const ProjectionCheck&) = delete;
    ProjectionCheck& operator=(const ProjectionCheck&) = delete;

    /// A batch begins, its events follow, and it ends with the state after it.
    void begin(const BatchView& batch);
    void see(const Event& event);
    void end(const State& state);
    /// The journal is at its end.
    void finish();

private:
    struct Cursor;
    struct Tables;
    /// A payment as its first records make it.
    struct Begun {
        std::uint64_t id = 0;
        std::int64_t amount = 0;
        std::int64_t legs = 0;
        std::int64_t total = 0;
        TransferRecord first;
        std::string time;
    };

    template <typename Work>
    void guarded(const Work& work);
    bool is_comparing() const { return tables_ != nullptr; }
    void differs(const std::string& where, const std::string& sentence);
    bool find_row(Cursor& cursor, std::uint64_t id);
    void surplus(const Cursor& cursor);
    void compare(const TransferRecord& record);
    void compare(const AccountOpened& record);
    void compare(const SchemeLoaded& record);
    void compare(const SettlementClosed& record);
    void compare(const OrderOpened& record);
    void compare(const NoticeMoved& record);
    /// The payment that a record's row belongs to; remembers that of a set's first record.
    std::uint64_t payment_of(const TransferRecord& record);
    void compare_payment(const TransferRecord& record);
    void compare_begun();
    void compare_accounts(const Books& books);
    void compare_orders(const Orders& orders);
    void compare_profiles(const Profiles& profiles);
    void compare_currencies();
    void compare_ended_payments();
    void compare_rest();

    AuditReport& report_;
    std::unique_ptr<Tables> tables_;
    ProjectionPosition position_;
    std::uint64_t batch_ = 0;
    std::int64_t time_us_ = 0;
    std::string time_;
    std::uint64_t set_id_ = 0;
    std::uint64_t set_payment_ = 0;
    std::vector<std::string> scheme_names_;  ///< element `id - 1`
    std::uint64_t loadings_ = 0;
    std::uint64_t settlements_ = 0;
    std::uint64_t notice_steps_ = 0;
    std::map<std::string, std::string> profiles_stored_at_;
    std::optional<Begun> begun_;
};

}  // namespace tuma::ledger
