// SPDX-License-Identifier: BSD-2-Clause
/** Menu commands: parameters and a few lines; the work is done by tasks. */
package io.github.pointillist.plugins.commands;
