#pragma once

#include <tenon/described.h>
#include <tenon/flow.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// A key that a flow reads or writes.
struct KeyEntry {
  std::string name;
  /// Of the type of its values: kTypeId.
  std::uint64_t type_id = 0;
  std::string type_name;
};

/// Which keys a flow touches. The node proves by it, when a chain is loaded, that each flow finds what it needs, and
/// refuses at run time what was not declared (FLOW.1016, FLOW.1017). A step-able interface declares what its extensions
/// find in every chain that has it as a step:
/// ```cpp
/// class Prepare : public tenon::Flow {
///  public:
///   static constexpr std::string_view kInterface = "sample.Prepare/1";
///   static void contract(tenon::FlowContract& contract) { contract.reads(kHost).optional(kNics); }
/// };
/// ```
/// An extension may read those keys and no others that the chain has, and write keys of its own alone, which no other
/// step touches: how many extensions there are, and in which order, is open.
struct FlowContract {
  std::vector<KeyEntry> reads_list;
  std::vector<KeyEntry> optional_list;
  std::vector<KeyEntry> writes_list;

  /// A key that must have a value.
  template <class V>
  FlowContract& reads(const FlowKey<V>& key) {
    reads_list.push_back(entry_of(key));
    return *this;
  }
  /// A key whose value is used if there is one.
  template <class V>
  FlowContract& optional(const FlowKey<V>& key) {
    optional_list.push_back(entry_of(key));
    return *this;
  }
  /// A key that has been set when `run` answers `next()`.
  template <class V>
  FlowContract& writes(const FlowKey<V>& key) {
    writes_list.push_back(entry_of(key));
    return *this;
  }

 private:
  template <class V>
  static KeyEntry entry_of(const FlowKey<V>& key) {
    return {std::string(key.name), kTypeId<V>, std::string(detail::type_name<V>())};
  }
};

/// An interface that derives from Flow and says what its extensions may read.
template <class I>
concept ContractedInterface = requires(FlowContract& contract) {
  I::contract(contract);
};

}  // namespace tenon
