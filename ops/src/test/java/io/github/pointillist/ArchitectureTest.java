// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.github.pointillist.tensor.Arena;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The direction of dependencies, and who may open native memory. */
class ArchitectureTest {
    private static final String ROOT = "io.github.pointillist.";
    private static final Set<String> OPENS_MEMORY =
            Set.of("newBaseManager", "newSubManager", "subManagerOf", "tempAttachAll", "tempAttach");

    private static final Set<String> KEEPS_NUMBER = Set.of("mul", "div", "pow", "maximum", "minimum");

    /** What each package may use besides itself. */
    private static final Map<String, List<String>> ALLOWED = allowed();

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.pointillist");

    private static Map<String, List<String>> allowed() {
        Map<String, List<String>> map = new LinkedHashMap<>();
        map.put("progress", List.of());
        map.put("tensor", List.of("engine"));
        map.put("layers", List.of("tensor"));
        map.put("weights", List.of("tensor"));
        map.put("models", List.of("layers", "weights", "tensor"));
        map.put("clustering", List.of("progress"));
        map.put("image", List.of("tensor", "progress"));
        map.put("catalog", List.of("models", "layers", "weights", "tensor", "image", "engine"));
        map.put("samples", List.of("progress"));
        map.put("engine", List.of());
        map.put(
                "training",
                List.of(
                        "tasks",
                        "samples",
                        "catalog",
                        "models",
                        "layers",
                        "weights",
                        "tensor",
                        "image",
                        "engine",
                        "clustering",
                        "progress"));
        map.put(
                "tasks",
                List.of(
                        "catalog",
                        "models",
                        "layers",
                        "weights",
                        "tensor",
                        "image",
                        "engine",
                        "clustering",
                        "samples",
                        "progress"));
        map.put("ops", List.of("tasks", "training", "clustering", "image", "samples", "progress", "models"));
        return map;
    }

    @Test
    void dependenciesGoOneWay() {
        ALLOWED.forEach((from, to) -> {
            String[] forbidden = ALLOWED.keySet().stream()
                    .filter(other -> !other.equals(from) && !to.contains(other))
                    .map(other -> ROOT + other + "..")
                    .toArray(String[]::new);
            ArchRule rule = noClasses()
                    .that()
                    .resideInAPackage(ROOT + from + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden)
                    .allowEmptyShould(true);
            rule.check(classes);
        });
    }

    @Test
    void everyPackageHasARule() {
        Set<String> found = new TreeSet<>();
        classes.forEach(type -> {
            if (type.getPackageName().startsWith(ROOT)) {
                found.add(type.getPackageName().substring(ROOT.length()).split("\\.")[0]);
            }
        });
        assertThat(ALLOWED.keySet()).containsAll(found);
    }

    @Test
    void onlyTensorOpensNativeMemory() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "tensor..")
                .should()
                .callMethodWhere(new DescribedPredicate<JavaMethodCall>("it opens native memory") {
                    @Override
                    public boolean test(JavaMethodCall call) {
                        return call.getTargetOwner().isAssignableTo(NDManager.class)
                                && OPENS_MEMORY.contains(call.getTarget().getName());
                    }
                })
                .check(classes);
    }

    /** What the backward pass needs of Java's memory may be gone by then: see the class Owned. */
    @Test
    void onlyOwnedCalculatesWithNumbersOfJava() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "tensor..")
                .and()
                .doNotHaveSimpleName("AdamW") // goes no way back
                .should()
                .callMethodWhere(new DescribedPredicate<JavaMethodCall>("it lends Java's memory to the engine") {
                    @Override
                    public boolean test(JavaMethodCall call) {
                        String method = call.getTarget().getName();
                        return call.getTargetOwner().isAssignableTo(NDManager.class) && method.equals("create")
                                || call.getTargetOwner().isAssignableTo(NDArray.class)
                                        && KEEPS_NUMBER.contains(method)
                                        && call.getTarget()
                                                .getRawParameterTypes()
                                                .get(0)
                                                .isEquivalentTo(Number.class);
                    }
                })
                .check(classes);
    }

    /** The engine ends the process when it is asked for such an array: the numbers are made float32 before. */
    @Test
    void noArrayOfBfloat16IsEverMade() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "weights..")
                .and()
                .doNotHaveFullyQualifiedName(ROOT + "tensor.Arena") // which refuses them
                .should()
                .accessField(DataType.class, "BFLOAT16")
                .check(classes);
        try (Arena arena = Arena.onCpu()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> arena.array(ByteBuffer.allocateDirect(4), DataType.BFLOAT16, new Shape(2)))
                    .withMessageContaining("FLOAT32 first");
        }
    }

    @Test
    void nothingHereDraws() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.awt..", "javax.swing..", "ij..")
                .check(classes);
    }

    @Test
    void modelsDoNotSeeImages() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + "models..", ROOT + "layers..", ROOT + "tensor..", ROOT + "weights..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("net.imglib2..")
                .check(classes);
    }
}
