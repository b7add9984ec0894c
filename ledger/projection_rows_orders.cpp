// Profiles, orders and notices: one row a profile and an order, one row a step of a notice.
#include "ledger/projection_rows.h"

namespace tuma::ledger {

void ProjectionRows::add(const ProfileStored& record) {
    if (record.content.empty()) {
        remove_profile_.bind(1, std::string_view{record.name});
        remove_profile_.run();
        return;
    }
    // Profiles hold secrets, so that only a hash of them is shown.
    const std::string hash = hex(sha256(std::as_bytes(std::span{record.content})));
    put_profile_.bind(1, std::string_view{record.name});
    put_profile_.bind(2, std::uint64_t{record.content.size()});
    put_profile_.bind(3, std::string_view{hash});
    put_profile_.bind(4, std::string_view{time_});
    put_profile_.run();
}

void ProjectionRows::add(const OrderOpened& record) {
    const OrderTerms& terms = record.terms;
    std::string keys;
    for (const std::string& key : record.keys) keys += (keys.empty() ? "" : " ") + key;
    insert_order_.bind(1, terms.id.value);
    insert_order_.bind(2, std::uint32_t{terms.kind});
    insert_order_.bind(3, name(terms.purpose));
    insert_order_.bind(4, terms.debit.value);
    insert_order_.bind(5, terms.credit.value);
    insert_order_.bind(6, terms.amount);
    insert_order_.bind(7, letters(terms.currency));
    insert_order_.bind_null(8);
    if (terms.parent) insert_order_.bind(8, terms.parent.value);
    insert_order_.bind(9, std::string_view{time_});
    insert_order_.bind(10, std::string_view{keys});
    insert_order_.bind(11, name(first_state(terms)));
    insert_order_.run();
}

void ProjectionRows::add(const OrderMoved& record) {
    const OrderMoveHead& head = record.head;
    update_order_.bind(1, head.order.value);
    update_order_.bind(2, name(head.state));
    update_order_.bind(3, std::uint32_t{head.code});
    update_order_.bind_null(4);
    if (head.refusal != Refusal::none) update_order_.bind(4, tuma::name(head.refusal));
    update_order_.bind(5, head.debit.value);
    update_order_.bind_null(6);
    if (head.transfer) update_order_.bind(6, head.transfer.value);
    update_order_.bind(7, std::string_view{time_});
    update_order_.run();
}

void ProjectionRows::add(const NoticeMoved& record) {
    const std::string next =
        record.next_at == 0 ? std::string{} : tuma::text(Timestamp{Duration{record.next_at}});
    insert_notice_.bind(1, record.id.value);
    insert_notice_.bind(2, record.order.value);
    insert_notice_.bind(3, std::uint32_t{record.channel});
    insert_notice_.bind(4, name(record.state));
    insert_notice_.bind(5, std::uint32_t{record.attempts});
    insert_notice_.bind(6, std::uint32_t{record.status});
    insert_notice_.bind(7, std::string_view{time_});
    insert_notice_.bind_null(8);
    if (!next.empty()) insert_notice_.bind(8, std::string_view{next});
    insert_notice_.run();
}

}  // namespace tuma::ledger
