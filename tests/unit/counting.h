/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef COUNTING_H
#define COUNTING_H

/**
 * A counting allocator for jansson, so that tests can tell that a pool took all its JSON with it.
 * Only tests may do this: the setting is one for the process, and other modules use jansson too.
 */

/** Count from now on; further calls change nothing. Before the first JSON value is made. */
void counting_start(void);

/** jansson's blocks that are allocated and not freed. */
long counting_live(void);

#endif
