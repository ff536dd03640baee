// SPDX-License-Identifier: BSD-2-Clause
/** The command line, and the door into plain ImageJ's menus. */
package io.github.pointillist.plugins.launch;
