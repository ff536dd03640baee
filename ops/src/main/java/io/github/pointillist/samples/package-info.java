// SPDX-License-Identifier: BSD-2-Clause
/**
 * Simulated microscope images with exact ground truth, to try and to test with. The same seed gives the same bits on
 * every machine: random numbers are our own, transcendental functions come from StrictMath.
 */
package io.github.pointillist.samples;
