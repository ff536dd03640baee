// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import ij.IJ;
import org.junit.jupiter.api.Test;
import org.scijava.command.Command;

class ArchitectureTest {
    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.pointillist.plugins");

    @Test
    void looksAtTheCommands() {
        assertThat(classes.stream().filter(type -> type.isAssignableTo(Command.class)))
                .extracting(JavaClass::getSimpleName)
                .contains("MapClustersCommand", "EngineReportCommand", "SamplesCommand");
    }

    @Test
    void commandsNeverRunOtherCommands() {
        noClasses()
                .that()
                .resideInAPackage("..commands..")
                .or()
                .resideInAPackage("..results..")
                .should()
                .callMethodWhere(target(owner(equivalentTo(IJ.class))).and(target(name("run"))))
                .because("a command is run by users, macros and other programs, never through the menu by another one")
                .check(classes);
    }

    @Test
    void nativeMemoryStaysInTheOpsModule() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(NDArray.class, NDManager.class)
                .check(classes);
    }

    @Test
    void commandsKnowNothingOfTheCommandLine() {
        noClasses()
                .that()
                .resideInAnyPackage("..commands..", "..results..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "..plugins.launch..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("..results..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.scijava..", "..plugins.commands..")
                .check(classes);
    }
}
