#include "tables.h"

#include <cstdint>
#include <map>
#include <utility>

namespace compute {

using tenon::StoreRow;
using tenon::StoreRows;
using tenon::StoreTransaction;
using tenon::iaas::Nic;
using tenon::iaas::VmRecord;
using tenon::iaas::Volume;

namespace {

constexpr std::string_view kVms =
    "SELECT uuid, name, cpus, memory, console, host, primary_storage, image, added_by FROM compute_vm";
constexpr std::string_view kVolumes =
    "SELECT vm, number, name, format, protocol, path, server, port FROM compute_volume";
constexpr std::string_view kNics =
    "SELECT nic.vm, nic.number, nic.uuid, nic.mac, nic.device, nic.model, network.name, network.type, "
    "network.physical_interface, network.bridge, network.vlan "
    "FROM compute_nic AS nic JOIN network_l2 AS network ON network.name = nic.network";

std::string text(const StoreRow& row, std::string_view column) { return row.get<std::string>(column); }

Volume read_volume(const StoreRow& row) {
  return {text(row, "name"),
          {text(row, "protocol"), text(row, "path"), row.get<std::optional<std::string>>("server"),
           row.get<std::optional<std::uint16_t>>("port")},
          text(row, "format")};
}

Nic read_nic(const StoreRow& row) {
  return {text(row, "uuid"), text(row, "mac"), Table<tenon::iaas::L2NetworkRecord>::read(row), text(row, "device"),
          text(row, "model")};
}

VmRecord read_vm(const StoreRow& row) {
  VmRecord vm;
  vm.instance = {text(row, "uuid"), text(row, "name"), row.get<std::uint32_t>("cpus"), row.get<std::uint64_t>("memory"),
                 row.get<std::optional<std::string>>("console")};
  vm.host = text(row, "host");
  vm.primary_storage = text(row, "primary_storage");
  vm.image = row.get<std::optional<std::string>>("image");
  return vm;
}

/// All VMs by their uuids, or the one.
std::map<std::string, Registered<VmRecord>> select_vms(StoreTransaction& store,
                                                       const std::optional<std::string>& uuid) {
  const auto rows_of = [&](std::string_view select, std::string_view id, std::string_view order) {
    std::string sql(select);
    if (!uuid) return store.query(sql.append(order)).value();
    return store.query(sql.append(" WHERE ").append(id).append(" = $1").append(order), {*uuid}).value();
  };
  std::map<std::string, Registered<VmRecord>> vms;
  const StoreRows found = rows_of(kVms, "uuid", "");
  for (const StoreRow row : found) vms[text(row, "uuid")] = {read_vm(row), text(row, "added_by")};
  const StoreRows volumes = rows_of(kVolumes, "vm", " ORDER BY vm, number");
  for (const StoreRow row : volumes) vms.at(text(row, "vm")).record.volumes.push_back(read_volume(row));
  const StoreRows nics = rows_of(kNics, "nic.vm", " ORDER BY nic.vm, nic.number");
  for (const StoreRow row : nics) vms.at(text(row, "vm")).record.nics.push_back(read_nic(row));
  return vms;
}

void insert_volume(StoreTransaction& store, const std::string& vm, std::size_t number, const Volume& volume) {
  const tenon::iaas::VolumeLocation& at = volume.location;
  (void)store
      .execute(
          "INSERT INTO compute_volume (vm, number, name, format, protocol, path, server, port) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
          {vm, number, volume.name, volume.format, at.protocol, at.path, at.host, at.port})
      .value();
}

void insert_nic(StoreTransaction& store, const std::string& vm, std::size_t number, const Nic& nic) {
  (void)store
      .execute(
          "INSERT INTO compute_nic (vm, number, uuid, mac, network, device, model) VALUES ($1, $2, $3, $4, $5, $6, $7)",
          {vm, number, nic.uuid, nic.mac, nic.network.name, nic.device, nic.model})
      .value();
}

}  // namespace

template <>
std::vector<VmRecord> select_all(StoreTransaction& store) {
  std::vector<VmRecord> records;
  for (auto& [uuid, vm] : select_vms(store, std::nullopt)) records.push_back(std::move(vm.record));
  return records;
}

template <>
std::optional<Registered<VmRecord>> select_one(StoreTransaction& store, const std::string& id) {
  auto vms = select_vms(store, id);
  if (vms.empty()) return std::nullopt;
  return std::move(vms.begin()->second);
}

template <>
void insert_record(StoreTransaction& store, const VmRecord& vm, const std::string& key) {
  const tenon::iaas::VmInstance& instance = vm.instance;
  (void)store
      .execute(
          "INSERT INTO compute_vm (uuid, name, cpus, memory, console, host, primary_storage, image, added_by) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
          {instance.uuid, instance.name, instance.cpus, instance.memory, instance.console, vm.host, vm.primary_storage,
           vm.image, key})
      .value();
  for (std::size_t i = 0; i < vm.volumes.size(); ++i) insert_volume(store, instance.uuid, i, vm.volumes[i]);
  for (std::size_t i = 0; i < vm.nics.size(); ++i) insert_nic(store, instance.uuid, i, vm.nics[i]);
}

template <>
void delete_record<VmRecord>(StoreTransaction& store, const std::string& id) {
  (void)store.execute("DELETE FROM compute_vm WHERE uuid = $1", {id}).value();
}

}  // namespace compute
