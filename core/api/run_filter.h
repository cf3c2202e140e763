#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "api/query.h"
#include "journal/runs.h"

namespace tenon::api {

inline constexpr std::size_t kMostListed = 10'000;

/// `{state, chain, resource, error, since, until, limit, before}`, as text; a state may be several, separated by
/// commas. API.1011 and API.1012 name what is wrong and say what is allowed. `now`: microseconds since 1970 UTC.
[[nodiscard]] Result<journal::RunFilter> read_run_filter(const QueryParameters& parameters, std::int64_t now);

/// The same from a JSON object: texts, a list of texts for the state, a number for the limit. JSON.1001 for others.
[[nodiscard]] Result<QueryParameters> filter_parameters(const Json& filter);

/// The id of a run by its name; API.1012 if it is none.
[[nodiscard]] Result<std::uint64_t> read_run_id(std::string_view parameter, const std::string& name);

/// Whether a run that is known from memory alone, as RunRecord::summary has it, is one of those. `locks`: what it
/// holds.
[[nodiscard]] bool matches(const journal::RunFilter& filter, std::uint64_t id, const Json& summary,
                           const std::vector<std::string>& locks);

}  // namespace tenon::api
