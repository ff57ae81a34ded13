// SPDX-License-Identifier: Apache-2.0
#ifndef CNI_CONFIG_VERSION_H
#define CNI_CONFIG_VERSION_H

#include "text.h"

/* What is answered in when the config does not say. */
#define DEFAULT_CNI_VERSION "1.1.0"
/* "999.999.999" and something behind it; a longer one is none. */
#define MAX_CNI_VERSION 32

/*
 * The value of the key "cniVersion" of the outermost object in `config`; DEFAULT_CNI_VERSION when there is none, or
 * none that looks like a version. Made for documents of any kind, also broken ones: this is for answers, and whether
 * the config is valid is for the agent to say. Points into `config`.
 */
struct span config_version(struct span config);

/* Whether the first thing in the text is the beginning of a JSON object. */
bool config_is_object(struct span config);

#endif
