#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor/definitions.h"

namespace tenon::wiring {

/// All definitions of a load under their names. Points into the descriptors, which must outlive it.
struct Definitions {
  struct Library {
    const descriptor::LibraryDefinition* definition;
    /// The folder of its descriptor.
    std::string descriptor;
  };
  /// In order of loading: what is required comes first.
  std::vector<Library> libraries;
  std::vector<const descriptor::BeanDefinition*> beans;
  std::vector<const descriptor::ChainDefinition*> chains;
  std::vector<const descriptor::ServiceDefinition*> services;
  /// Sorted by code.
  std::vector<const descriptor::ErrorCodeDefinition*> errors;
  std::vector<const descriptor::ConfigDefinition*> configs;
  std::vector<const descriptor::TagDefinition*> tags;
  /// Ids and aliases of beans, as indexes into `beans`.
  std::map<std::string, std::size_t, std::less<>> bean_index;
  std::map<std::string, const descriptor::ValueNode*, std::less<>> values;

  [[nodiscard]] const descriptor::BeanDefinition* find_bean(std::string_view id) const;
};

/// The ids that a value refers to, `util:list` and `util:map` followed; with the places of the references.
[[nodiscard]] std::vector<descriptor::Text> references_of(const descriptor::ValueNode& node);

/// Brings the definitions together and checks all that needs no library: names defined twice, references to nothing,
/// plugins required but not there, cycles. A definition that is refused is left out, so that later checks do not report
/// it again.
/// `left_out`: plugins that are not among them though they are there, with the reason.
[[nodiscard]] Definitions resolve(const std::vector<descriptor::Descriptor>& descriptors,
                                  const std::map<std::string, std::string>& left_out,
                                  descriptor::Diagnostics& diagnostics);

/// Sorts `count` nodes so that each comes after those it depends on, else in order of their numbers. `cycle` receives
/// the numbers along each cycle found, first and last the same; nodes on a cycle come last.
[[nodiscard]] std::vector<std::size_t> dependency_order(std::size_t count,
                                                        const std::vector<std::vector<std::size_t>>& depends_on,
                                                        std::vector<std::vector<std::size_t>>& cycles);

}  // namespace tenon::wiring
