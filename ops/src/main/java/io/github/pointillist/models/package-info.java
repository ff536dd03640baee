// SPDX-License-Identifier: BSD-2-Clause
/** One model of the literature a file. */
package io.github.pointillist.models;
