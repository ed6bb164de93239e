// HDF5 as Swift can import it: its type and property-list names are macros, which are functions here.
#pragma once
#include <hdf5.h>
