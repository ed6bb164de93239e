// HDF5 as Swift can import it: its types, property classes and flags are macros over functions and
// mutable globals, and its way of listing a group differs between versions; here they are functions.
#pragma once
#include <hdf5.h>

static inline hid_t hdf5_class_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t hdf5_class_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t hdf5_class_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t hdf5_class_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t hdf5_default_properties(void) { return H5P_DEFAULT; }
static inline hid_t hdf5_default_error_stack(void) { return H5E_DEFAULT; }
static inline hid_t hdf5_whole_space(void) { return H5S_ALL; }

static inline unsigned hdf5_access_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned hdf5_access_truncate(void) { return H5F_ACC_TRUNC; }
static inline size_t hdf5_variable_length(void) { return H5T_VARIABLE; }
static inline haddr_t hdf5_undefined_address(void) { return HADDR_UNDEF; }

static inline hid_t hdf5_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t hdf5_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t hdf5_int32(void) { return H5T_STD_I32LE; }
static inline hid_t hdf5_int64(void) { return H5T_STD_I64LE; }
static inline hid_t hdf5_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t hdf5_c_string(void) { return H5T_C_S1; }

// Called with the name of each link of a group and the caller's context; a negative answer stops.
typedef herr_t (*hdf5_link_visitor)(const char *name, void *context);
struct hdf5_link_visit { hdf5_link_visitor visit; void *context; };

#if H5_VERSION_GE(1, 12, 0)
typedef H5L_info2_t hdf5_link_info;
#else
typedef H5L_info_t hdf5_link_info;
#endif

static inline herr_t hdf5_forward_link(
    hid_t group, const char *name, const hdf5_link_info *info, void *data) {
  (void)group;
  (void)info;
  struct hdf5_link_visit *call = (struct hdf5_link_visit *)data;
  return call->visit(name, call->context);
}

// Visits the names of a group's links in increasing order.
static inline herr_t hdf5_visit_links(hid_t group, hdf5_link_visitor visit, void *context) {
  struct hdf5_link_visit call = { visit, context };
#if H5_VERSION_GE(1, 12, 0)
  return H5Literate2(group, H5_INDEX_NAME, H5_ITER_INC, NULL, hdf5_forward_link, &call);
#else
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, hdf5_forward_link, &call);
#endif
}
