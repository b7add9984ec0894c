// The projection's rows against the journal, row by row while the replay passes by.
#pragma once

#include "ledger/audit/audit.h"
#include "ledger/projection/projection.h"
#include "ledger/projection/tables.h"
#include "ledger/records/batch.h"
#include "ledger/records/event.h"
#include "ledger/state/state.h"
#include "ledger/store/sql.h"

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
    template <typename Work>
    void guarded(const Work& work);
    Recorded now() const { return {time_, batch_}; }
    bool is_comparing() const { return tables_ != nullptr; }
    void differs(const std::string& where, const std::string& sentence);
    bool find_row(Cursor& cursor, std::uint64_t id);
    /// The row with this key against what it should be, as far as it stays as it was put in.
    template <typename Row>
    void compare_row(Cursor& cursor, const Table<Row>& table, std::uint64_t key, const Row& row);
    /// The row that `rows` stands on; `moves` says which columns, as in `find_differences`.
    template <typename Row, typename Key>
    void compare_found(const SqlStatement& rows, const Table<Row>& table, bool moves,
                       const Key& key, const Row& row);
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
    std::optional<PaymentRow> begun_;  ///< as its first records make it
};

}  // namespace tuma::ledger
