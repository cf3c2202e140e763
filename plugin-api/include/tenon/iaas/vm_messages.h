#pragma once

#include <tenon/iaas/registry.h>
#include <tenon/iaas/vm.h>
#include <tenon/list.h>
#include <tenon/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The messages about images and virtual machines.
namespace tenon::iaas {

/// Checks the image, and registers it.
struct AddImage : ImageRecord {
  static constexpr std::string_view kMessage = "compute.AddImage";
  using Reply = ImageRecord;
};
BOOST_DESCRIBE_STRUCT(AddImage, (ImageRecord), ())

struct GetImage {
  static constexpr std::string_view kMessage = "compute.GetImage";
  using Reply = ImageRecord;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(GetImage, (), (name))

struct ListImages : ListRequest {
  static constexpr std::string_view kMessage = "compute.ListImages";
  using Reply = Page<ImageRecord>;
};
BOOST_DESCRIBE_STRUCT(ListImages, (ListRequest), ())

/// Refused while VMs need it. The file stays where it is.
struct RemoveImage {
  static constexpr std::string_view kMessage = "compute.RemoveImage";
  using Reply = NoReply;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(RemoveImage, (), (name))

/// What is shown of a VM.
struct VmInventory : VmInstance {
  /// Unknown: its host does not answer.
  VmState state = VmState::Unknown;
  /// Names of records.
  std::string host;
  std::string primary_storage;
  std::optional<std::string> image;
  /// Names of L2 networks, a NIC each, in the guest's order.
  std::vector<std::string> networks;
  /// Where its volumes are, in the guest's order.
  std::vector<std::string> volumes;
};
BOOST_DESCRIBE_STRUCT(VmInventory, (VmInstance), (state, host, primary_storage, image, networks, volumes))

/// Makes a VM and starts it.
struct CreateVm : VmSpec {
  static constexpr std::string_view kMessage = "compute.CreateVm";
  using Reply = VmInstance;
};
BOOST_DESCRIBE_STRUCT(CreateVm, (VmSpec), ())

/// The same, but that its first NIC is on the management network.
struct CreateApplianceVm : CreateVm {
  static constexpr std::string_view kMessage = "compute.CreateApplianceVm";
  using Extends = CreateVm;
};
BOOST_DESCRIBE_STRUCT(CreateApplianceVm, (CreateVm), ())

struct GetVm {
  static constexpr std::string_view kMessage = "compute.GetVm";
  using Reply = VmInventory;
  std::string uuid;
};
BOOST_DESCRIBE_STRUCT(GetVm, (), (uuid))

struct ListVms : ListRequest {
  static constexpr std::string_view kMessage = "compute.ListVms";
  using Reply = Page<VmInventory>;
};
BOOST_DESCRIBE_STRUCT(ListVms, (ListRequest), ())

/// Takes the VM down and removes all that belongs to it, for good.
struct DestroyVm {
  static constexpr std::string_view kMessage = "compute.DestroyVm";
  using Reply = NoReply;
  std::string uuid;
};
BOOST_DESCRIBE_STRUCT(DestroyVm, (), (uuid))

}  // namespace tenon::iaas
