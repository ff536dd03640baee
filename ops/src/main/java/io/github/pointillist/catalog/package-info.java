// SPDX-License-Identifier: BSD-2-Clause
/** What a set of weights is, where it came from and what it expects; the models that are installed. */
package io.github.pointillist.catalog;
