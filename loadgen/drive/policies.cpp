#include "loadgen/drive/policies.h"

#include "ledger/words/ensure.h"

namespace tuma::loadgen {

std::string_view name(Overload overload) {
    switch (overload) {
        case Overload::queue:
            return "queue";
        case Overload::skip:
            return "skip";
        case Overload::abort:
            return "abort";
    }
    unreachable("an overload policy outside the table");
}

std::optional<Overload> parse_overload(std::string_view text) {
    for (const Overload overload : {Overload::queue, Overload::skip, Overload::abort})
        if (text == name(overload)) return overload;
    return std::nullopt;
}

std::string_view name(OnLoss on_loss) {
    return on_loss == OnLoss::end ? "end" : "reconnect";
}

std::optional<OnLoss> parse_on_loss(std::string_view text) {
    for (const OnLoss on_loss : {OnLoss::end, OnLoss::reconnect})
        if (text == name(on_loss)) return on_loss;
    return std::nullopt;
}

}  // namespace tuma::loadgen
