#pragma once
// Its newer interface allocates for every digest, and a state that is a plain value cannot be had from it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
