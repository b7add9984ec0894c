#include "ledger/store/spare_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

namespace tuma::ledger {

SpareDescriptors::SpareDescriptors(std::size_t count) : count_(count) {
    descriptors_.reserve(count);
    take();
}

SpareDescriptors::~SpareDescriptors() {
    release();
}

void SpareDescriptors::take() {
    while (descriptors_.size() < count_) {
        const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
        // Fewer than wanted is no error here. It shows when a file has to be opened, and that error
        // names the file.
        if (descriptor < 0) return;
        descriptors_.push_back(descriptor);
    }
}

void SpareDescriptors::release() {
    for (const int descriptor : descriptors_) close(descriptor);
    descriptors_.clear();
}

}  // namespace tuma::ledger
