// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.pointillist.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsVerbTest {
    private static final Path CONFIG = TestModels.config(TestModels.IMAGES);

    @TempDir
    private Path folder;

    private Path store;

    @BeforeEach
    void setUp() {
        store = TestModels.use(folder.resolve("models")).root();
    }

    @AfterEach
    void tearDown() {
        TestModels.forget();
    }

    private static CommandLineRun models(Object... words) {
        Object[] all = new Object[words.length + 1];
        all[0] = "models";
        System.arraycopy(words, 0, all, 1, words.length);
        return CommandLineRun.of(all);
    }

    private static CommandLineRun imported(String name) {
        return models("import", TestModels.IMAGES, "--as", name, "--variant", CONFIG);
    }

    @Test
    void listsWhatIsInstalledAndWhatCanBe() {
        CommandLineRun none = models("list");
        assertThat(none.status()).isZero();
        assertThat(none.out()).contains("no model is installed in " + store);
        assertThat(imported("tiny").status()).isZero();
        assertThat(models("list").out()).startsWith("tiny\t").contains("\tclassification");
        CommandLineRun official = models("list", "--official");
        assertThat(official.status()).isZero();
        assertThat(official.out()).startsWith("tiny\t").contains("coc-").contains("Models whose files can be imported");
    }

    @Test
    void importsShowsAndVerifies() throws IOException {
        CommandLineRun run = imported("tiny");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("installed tiny: ", "imported from: checkpoint-timm.pth.tar, SHA-256 ");
        try (var files = Files.list(store.resolve("tiny"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("model.json", "weights.safetensors");
        }
        CommandLineRun shown = models("show", "tiny");
        assertThat(shown.out())
                .contains("architecture: coc", "classes: 10", "input: ", "normalisation: RGB", "configuration: {")
                .contains("installed: " + store.resolve("tiny"))
                .contains(" arrays, ");
        assertThat(models("verify", "tiny").out()).isEqualTo("tiny\tok" + System.lineSeparator());
        assertThat(models("verify").out()).startsWith("tiny\tok");
    }

    /** A file may say things in many lines, such as its whole configuration. */
    @Test
    void everyFactIsOneLine() {
        CommandLineRun run = models(
                "import",
                TestModels.SEGMENTATION,
                "--as",
                "segmentation",
                "--variant",
                TestModels.config(TestModels.SEGMENTATION));
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines()).allMatch(line -> line.matches("installed segmentation: .*|[a-z ]+: .*"));
    }

    @Test
    void aNameIsTakenOnce() throws IOException {
        assertThat(imported("tiny").status()).isZero();
        byte[] before = Files.readAllBytes(store.resolve("tiny/model.json"));
        CommandLineRun again = imported("tiny");
        assertThat(again.status()).isEqualTo(2);
        assertThat(again.errLines()).hasSize(1);
        assertThat(again.err()).contains("a model called tiny is there already");
        assertThat(Files.readAllBytes(store.resolve("tiny/model.json"))).isEqualTo(before);
    }

    @Test
    void classNamesAreKept() throws IOException {
        Path names = Files.write(
                folder.resolve("names.txt"),
                IntStream.range(0, 10).mapToObj(i -> "kind, " + i).toList());
        assertThat(models("import", TestModels.IMAGES, "--as", "named", "--variant", CONFIG, "--class-names", names)
                        .err())
                .isEmpty();
        assertThat(models("show", "named").out()).contains("classes: 10: kind, 0, kind, 1");
        Files.write(names, List.of("one", "two"));
        CommandLineRun few =
                models("import", TestModels.IMAGES, "--as", "few", "--variant", CONFIG, "--class-names", names);
        assertThat(few.status()).isEqualTo(2);
        assertThat(few.err()).contains("10 classes and 2 names");
        assertThat(store.resolve("few")).doesNotExist();
    }

    @Test
    void aDamagedByteIsFound() throws IOException {
        imported("good");
        imported("bad");
        Path weights = store.resolve("bad/weights.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 5] ^= 1;
        Files.write(weights, bytes);
        CommandLineRun run = models("verify");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out().lines()).containsExactly("good\tok", "inclusions\tok", "nuclei\tok");
        assertThat(run.errLines()).singleElement().asString().contains("pointillist: bad: ", "SHA-256");
        assertThat(models("verify", "good").status()).isZero();
        assertThat(models("export", "bad", "--out", folder.resolve("bad.safetensors"))
                        .status())
                .isEqualTo(2);
        assertThat(folder.resolve("bad.safetensors")).doesNotExist();
        Path image = TestImages.save(TestImages.image("a", 8, 64, 64), folder.resolve("a.tif"));
        assertThat(CommandLineRun.of("classify", image, "--model", "bad").err())
                .contains("is not what model.json says");
        Files.writeString(store.resolve("bad/model.json"), "{}");
        CommandLineRun list = models("list");
        assertThat(list.status()).isEqualTo(1);
        assertThat(list.out()).contains("bad: damaged: ").contains("good\t");
    }

    /** Text of a stranger's model.json and of names of files: no escape sequence reaches the terminal. */
    @Test
    void textOfStrangersReachesTheTerminalPlain() throws IOException {
        imported("first");
        Path json = store.resolve("first/model.json");
        String title = "\\u001b[31mRED\\u001b]0;pwn\\u0007\\nline2\\u202e";
        Files.writeString(
                json,
                Files.readString(json)
                        .replaceFirst(
                                "\"title\": \"[^\"]*\"", Matcher.quoteReplacement("\"title\": \"" + title + "\"")));
        for (CommandLineRun run : List.of(
                models("list"),
                models("show", "first"),
                CommandLineRun.of("segment", "a\u001b[2Jb\r\nc.tif", "--model", "first"),
                CommandLineRun.of("classify", folder.resolve("x\u001b\u0007\n.tif"), "--model", "fi\u001brst"),
                models("import", folder.resolve("no\u009bfile"), "--as", "x"))) {
            assertThat(run.out() + run.err()).doesNotContainPattern("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u202e]");
        }
        assertThat(models("list").out().lines()).hasSize(3).anyMatch(line -> line.contains("?[31mRED?]0;pwn??line2?"));
    }

    @Test
    void anExportComesBackTheSame() throws IOException {
        imported("first");
        Path file = folder.resolve("first.safetensors");
        assertThat(models("export", "first", "--out", file).out()).contains("wrote " + file);
        assertThat(models("export", "first", "--out", file).err()).contains("is there already");
        assertThat(models("import", file, "--as", "second").err()).isEmpty();
        assertThat(sha256("second")).isEqualTo(sha256("first"));
        assertThat(Checkpoint.sha256(file)).isEqualTo(sha256("first"));
        // a model folder can be given away as it is
        assertThat(models("import", store.resolve("first"), "--as", "third").err())
                .isEmpty();
        assertThat(sha256("third")).isEqualTo(sha256("first"));
        Path image = TestImages.save(TestImages.image("a", 24, 90, 64), folder.resolve("a.tif"));
        List<String> outputs = List.of("first", "second", "third").stream()
                .map(name -> CommandLineRun.of("classify", image, "--model", name, "--top", 0)
                        .out())
                .toList();
        assertThat(outputs.get(0)).contains("class ");
        assertThat(outputs.get(1)).isEqualTo(outputs.get(0));
        assertThat(outputs.get(2)).isEqualTo(outputs.get(0));
    }

    private String sha256(String name) throws IOException {
        JsonObject model = new Gson().fromJson(Files.readString(store.resolve(name + "/model.json")), JsonObject.class);
        return model.getAsJsonObject("weights").get("sha256").getAsString();
    }

    @Test
    void removes() {
        imported("tiny");
        assertThat(models("remove", "tiny").out()).contains("removed tiny");
        assertThat(store.resolve("tiny")).doesNotExist();
        assertThat(models("list").out()).contains("no model is installed");
    }

    @Test
    void unknownNamesAreSaid() {
        imported("tiny");
        for (String action : List.of("show", "remove", "export")) {
            CommandLineRun run = models(action, "nothing");
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.errLines().get(0)).contains("no model is called nothing; installed are tiny");
        }
        CommandLineRun verify = models("verify", "nothing", "tiny");
        assertThat(verify.status()).isEqualTo(1);
        assertThat(verify.err()).contains("no model is called nothing");
        assertThat(verify.out()).contains("tiny\tok");
        assertThat(models("show", "../tiny").status()).isEqualTo(2);
    }

    @Test
    void officialCardsAreShownWithoutBeingInstalled() {
        String official = models("list", "--official")
                .out()
                .lines()
                .filter(line -> line.startsWith("coc-tiny"))
                .findFirst()
                .orElseThrow()
                .split("\t")[0];
        assertThat(models("show", official).out())
                .contains("citation: ", "licence: ", "source: ", "published: ", "installed: no");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "paint",
                "import",
                "import nowhere.pth",
                "import nowhere.pth --as tiny",
                "import nowhere.pth --as Tiny!",
                "show",
                "remove",
                "export tiny --format onnx",
                "verify Tiny! --all"
            })
    void wrongUsageIsShort(String words) {
        CommandLineRun run = words.isEmpty() ? models() : models((Object[]) words.split(" "));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSizeBetween(1, 2);
        assertThat(run.errLines().get(0)).startsWith("pointillist: ");
        assertThat(run.err()).doesNotContain("\tat ");
    }

    @Test
    void whatIsNoCheckpointIsRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("model.pth"), "not a checkpoint\n");
        CommandLineRun run = models("import", text, "--as", "tiny");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(1);
        assertThat(store.resolve("tiny")).doesNotExist();
        assertThat(models("import", TestModels.IMAGES, "--as", "tiny", "--variant", "coc_huge")
                        .err())
                .contains("variant is coc_huge");
    }
}
