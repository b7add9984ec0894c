// The words of stories that are about orders and notices; `tests/support/scenario.h` lists them.
#pragma once

#include "tests/support/story_line.h"
#include "tests/support/world.h"

#include <string>
#include <vector>

namespace tuma::testing {

class OrderSteps {
public:
    explicit OrderSteps(World& world) : world_(world) {}

    /// Plays the line if its verb is about orders or notices; false if it is not.
    bool play(const std::string& verb, StoryLine& line);
    /// Takes what the batch before has told. To be called after every batch.
    void collect();

private:
    core::OrderRequest prompt(StoryLine& line) const;
    core::OrderRequest member(StoryLine& line, const core::OrderRequest& group) const;
    void tell(StoryLine& line, core::OrderRequest& wish) const;
    core::OrderRequest give_back(StoryLine& line) const;
    core::OrderAction act(core::OrderStep step, StoryLine& line) const;
    void open(core::OrderRequest wish, const StoryLine& line);
    void check_order(StoryLine& line);
    void check_attempt(StoryLine& line) const;
    void list_notices(StoryLine& line);
    void end_attempt(StoryLine& line);
    core::Outcome ask(core::Command command);
    /// Zero for "-", and an account that is not there for other unknown names.
    AccountId account(const std::string& name) const;
    /// An order that is not there for unknown keys.
    OrderId order(const std::string& key) const;
    /// Attempts are counted from 1; "newest" is the last one.
    const core::Effect& attempt(const std::string& word) const;

    World& world_;
    std::vector<core::Effect> effects_;
};

}  // namespace tuma::testing
