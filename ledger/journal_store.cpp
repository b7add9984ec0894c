// Names of what an acknowledgement is worth.
#include "ledger/journal_store.h"

#include "ledger/ensure.h"

namespace tuma::ledger {

std::string_view name(Durability durability) {
    switch (durability) {
        case Durability::memory:
            return "memory";
        case Durability::local:
            return "local";
    }
    unreachable("a durability outside its table");
}

}  // namespace tuma::ledger
