#include "switch/core/switch.h"

#include "switch/core/accounts.h"
#include "switch/core/left_orders.h"
#include "switch/core/notices.h"
#include "switch/core/orders.h"
#include "switch/core/profiles.h"
#include "switch/core/requests.h"
#include "switch/core/schemes.h"
#include "switch/core/settlements.h"
#include "switch/core/transfers.h"

#include <array>
#include <tuple>
#include <utility>

namespace tuma::core {
namespace {

// By what a request is known when it comes again.
enum class Key : std::uint8_t {
    none,     ///< it asks, and comes as often as it likes
    asked,    ///< it asks what became of the request with its key
    request,  ///< its outcome is remembered under its key
    its_own,  ///< what it is about has a key of its own, or a number
};

template <typename Command>
struct Row {
    Key key;
    Outcome (*decide)(OpenBatch&, const Request&, const Command&);
    /// Whether it is about an order that has left memory; null: it never is.
    bool (*lacks)(const ledger::Orders&, const Command&) = nullptr;
};

constexpr std::tuple table{
    Row<OpenAccount>{Key::request, open_account},
    Row<ChangeAccount>{Key::request, change_account},
    Row<QueryAccount>{Key::none, query_account},
    Row<MoveMoney>{Key::request, move_money},
    Row<MoveLinked>{Key::request, move_linked},
    Row<Reserve>{Key::request, reserve},
    Row<Settle>{Key::request, settle},
    Row<Release>{Key::request, release},
    Row<Reverse>{Key::request, reverse},
    Row<LoadScheme>{Key::request, load_scheme},
    Row<QueryRequest>{Key::asked, query_request},
    Row<StoreProfile>{Key::its_own, store_profile},
    Row<OpenOrder>{Key::its_own, open_order, lacks},
    Row<MoveOrder>{Key::its_own, move_order, lacks},
    Row<QueryOrder>{Key::its_own, query_order, lacks},
    Row<ListOrders>{Key::its_own, list_orders, lacks},
    Row<EndAttempt>{Key::its_own, end_attempt},
    Row<SendNotice>{Key::its_own, send_notice, lacks},
    Row<ListNotices>{Key::its_own, list_notices},
};

// Does not compile for a command without a row, or with two.
template <typename Command>
constexpr const Row<Command>& row_of = std::get<Row<Command>>(table);

template <std::size_t... i>
constexpr std::array<Key, sizeof...(i)> keys_of(std::index_sequence<i...> /*all*/) {
    return {row_of<std::variant_alternative_t<i, Command>>.key...};
}
constexpr auto key_by_index = keys_of(std::make_index_sequence<std::variant_size_v<Command>>());

Key key_of(const Request& request) {
    return key_by_index[request.command.index()];
}

bool lacks_orders(const ledger::Orders& orders, const Command& command) {
    // Without an archive what has left is forgotten for good: there is nothing to wait for.
    if (!orders.are_kept()) return false;
    return std::visit(
        [&]<typename Asked>(const Asked& asked) {
            const auto lacks_any = row_of<Asked>.lacks;
            return lacks_any != nullptr && lacks_any(orders, asked);
        },
        command);
}

// What a part does when its next moment has come. One that has moments and no line here does not
// compile.
void carry_out(OpenBatch& batch, const ledger::Books& /*books*/, Switch::Due& due) {
    expire_next(batch);
    ++due.expired;
}

void carry_out(OpenBatch& batch, const ledger::PendingSettlements& /*pending_settlements*/,
               Switch::Due& due) {
    settle_next(batch);
    ++due.settled;
}

void carry_out(OpenBatch& batch, const ledger::Orders& orders, Switch::Due& due) {
    // At one moment orders come before attempts: an order's step may open a notice that is due at
    // once.
    const auto order = orders.next_order_due();
    if (order && order->first == orders.next_due()) {
        act_next(batch);
        ++due.orders;
    } else {
        begin_next_attempt(batch);
        ++due.notices;
    }
}

}  // namespace

Switch::Switch(ledger::State state) : state_(std::move(state)), rulebook_(read_rulebook(state_)) {}

Switch::Switch(Switch&& other)
    : state_(std::move(other.state_)),
      rulebook_(std::move(other.rulebook_)),
      effects_(std::move(other.effects_)) {
    // An open batch refers to the members of the switch that is moved from.
    ensure(!other.batch_, "a switch is moved between batches");
}

Switch& Switch::operator=(Switch&& other) {
    ensure(!batch_ && !other.batch_, "a switch is moved between batches");
    state_ = std::move(other.state_);
    rulebook_ = std::move(other.rulebook_);
    effects_ = std::move(other.effects_);
    return *this;
}

void Switch::begin(Timestamp now, std::vector<std::byte> buffer, Timestamp outside) {
    ensure(!batch_, "one batch is open at a time");
    batch_.emplace(state_, rulebook_, effects_, std::move(buffer), now, outside);
}

Decided Switch::finish() {
    ensure(batch_.has_value(), "finishing a batch that was begun");
    Decided decided = std::move(*batch_).finish();
    batch_.reset();
    return decided;
}

bool Switch::must_look_up(const Request& request) const {
    const Key key = key_of(request);
    if (key == Key::its_own) return lacks_orders(state_.orders, request.command);
    // Asking what became of a request needs the disk as much as the request itself does.
    return key != Key::none && is_to_be_looked_up(*batch_, request.key);
}

Outcome Switch::handle(const Request& request, const Finding* finding) {
    ensure(batch_.has_value(), "handling a request outside a batch");
    OpenBatch& batch = *batch_;
    // Set for every request, so that nobody sees what was found for the one before.
    batch.finding = finding;
    const Key key = key_of(request);
    if (key == Key::its_own) return handle_with_own_key(request);
    if (key != Key::request) return decide(request);
    // Without a key a repetition could not be told from a new wish.
    if (!request.key) return {.code = Refusal::request_key_missing, .time = batch.now};
    const auto [before, must_look_up, is_unknowable] = known(batch, request.key);
    if (before != nullptr) {
        // The key was used for something else. Executing would be wrong, and so would the old
        // answer.
        if (before->digest != request.digest)
            return {.code = Refusal::modified_request, .time = batch.now};
        return replayed(*before);
    }
    // Better nothing than to forget a request for this one.
    if (must_look_up || is_unknowable || !state_.keys.has_room())
        return undecided(batch, must_look_up);
    // Behind the look-up: what was executed in time keeps its answer, however late it is asked for.
    if (request.valid_until != Timestamp{} && request.valid_until < batch.outside)
        return refuse(batch, request, Refusal::deadline_passed);
    return decide(request);
}

Outcome Switch::handle_with_own_key(const Request& request) {
    const Finding* const finding = batch_->finding;
    if (lacks_orders(state_.orders, request.command)) {
        // What cannot be read may exist. Deciding without it could pay an order twice.
        if (finding != nullptr && !finding->is_readable) return undecided(*batch_, false);
        // Orders that left memory after the disk was asked may be missing in what was found.
        if (finding == nullptr || state_.orders.left_before() > finding->orders_asked_at)
            return undecided(*batch_, true);
    }
    return decide(request);
}

Outcome Switch::decide(const Request& request) {
    return std::visit(
        [&]<typename Asked>(const Asked& asked) {
            return row_of<Asked>.decide(*batch_, request, asked);
        },
        request.command);
}

void Switch::prefetch(const Request& request) const {
    state_.keys.prefetch(request.key);
    if (const auto* move = std::get_if<MoveMoney>(&request.command))
        state_.books.prefetch(move->debit, move->credit);
}

Switch::Due Switch::run_due(std::size_t limit) {
    ensure(batch_.has_value(), "running deadlines outside a batch");
    // A finding belongs to one request. What is due is decided on memory alone: open orders never
    // leave it.
    batch_->finding = nullptr;
    Due due;
    std::optional<Timestamp> first = state_.next_due();
    const auto is_first = [&](const auto& part) {
        if constexpr (ledger::HasMoments<decltype(part)>) {
            if (part.next_due() != first) return false;
            carry_out(*batch_, part, due);
            return true;
        }
        return false;
    };
    for (; first && *first <= batch_->now && due.count() < limit; first = state_.next_due())
        // `||` stops at the first part that has acted. Its step may have changed what is due next,
        // so all parts are asked again, in their order.
        std::apply([&](const auto&... part) { (is_first(part) || ...); }, parts_of(state_));
    return due;
}

std::vector<Effect> Switch::unfinished() const {
    return unfinished_attempts(state_);
}

ledger::State Switch::release(const ledger::Hash& last_hash) && {
    ensure(!batch_, "the last batch is finished");
    // The core never sees a hash: batches are sealed on the journal's thread, which may be behind.
    state_.position.hash = last_hash;
    return std::move(state_);
}

}  // namespace tuma::core
