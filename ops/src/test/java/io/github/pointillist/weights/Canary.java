// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

/** A class that tells when something loads it. Nothing but hostile pickles names it. */
public class Canary {
    /** Set when the class is initialised. */
    static final String PROPERTY = "pointillist.test.canary";

    static {
        System.setProperty(PROPERTY, "sang");
    }

    /** What a bean-filling unpickler would call. */
    public void setState(Object state) {
        System.setProperty(PROPERTY, String.valueOf(state));
    }
}
