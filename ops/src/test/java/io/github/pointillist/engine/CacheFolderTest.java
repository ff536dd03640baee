// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pointillist.engine.CacheFolder.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheFolderTest {
    @TempDir
    Path dir;

    private final Map<String, String> environment = new HashMap<>();
    private Path home;
    private Path temporary;
    private Owner self;

    @BeforeEach
    void folders() throws IOException {
        Assumptions.assumeTrue(Files.getFileAttributeView(dir, PosixFileAttributeView.class) != null, "no POSIX");
        home = Files.createDirectory(dir.resolve("home"));
        temporary = Files.createDirectory(dir.resolve("tmp"));
        self = Owner.current(dir);
        assertThat(self).isNotNull();
    }

    private Path checked(Path atHome, Owner user) {
        return new CacheFolder(environment::get, atHome, temporary, user).checked();
    }

    /** A home that cannot be written, for the superuser too. */
    private Path noHome() {
        return dir.resolve("nowhere");
    }

    private static Path mode(Path path, String permissions) throws IOException {
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void isInTheHomeFolderAndClosed() throws IOException {
        Path chosen = checked(home, self);
        assertThat(chosen).isEqualTo(home.resolve(".djl.ai")).isDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(chosen)))
                .isEqualTo("rwx------");
        // What lies in a folder that nobody else can enter is safe, whatever the umask made of it.
        mode(Files.createDirectory(chosen.resolve("pytorch")), "rwxrwxrwx");
        assertThat(checked(home, self)).isEqualTo(chosen);
        mode(chosen, "rwxr-xr-x");
        assertThatThrownBy(() -> checked(home, self))
                .hasMessageContaining("pytorch may be written by everybody")
                .hasMessageContaining("DJL_CACHE_DIR");
    }

    @Test
    void isAFolderOfOnesOwnWhereTheHomeFolderIsClosed() throws IOException {
        Path chosen = checked(noHome(), self);
        assertThat(chosen).isEqualTo(temporary.resolve("pointillist-" + self.uid()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(chosen)))
                .isEqualTo("rwx------");
        assertThat(checked(noHome(), self)).isEqualTo(chosen);
        // Taken by somebody who may write there, or who leads us elsewhere by a link.
        mode(chosen, "rwxrwxrwx");
        Path fresh = checked(noHome(), self);
        assertThat(fresh).isNotEqualTo(chosen).hasParent(temporary);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fresh)))
                .isEqualTo("rwx------");
        Files.delete(chosen);
        Files.createSymbolicLink(chosen, home);
        assertThat(checked(noHome(), self)).isNotEqualTo(chosen).hasParent(temporary);
    }

    @Test
    void theCommonFolderOfTheEngineIsNotTaken() throws IOException {
        Files.createDirectories(temporary.resolve(".djl.ai/pytorch"));
        assertThat(checked(noHome(), self)).isNotEqualTo(temporary.resolve(".djl.ai"));
        assertThat(checked(noHome(), null)).hasParent(temporary);
    }

    @Test
    void foldersOfOthersAreRefused() throws IOException {
        Path given = mode(Files.createDirectory(dir.resolve("given")), "rwxr-xr-x");
        environment.put("DJL_CACHE_DIR", given.toString());
        assertThat(checked(home, self)).isNull();
        boolean root = self.uid() == 0;
        Owner other = new Owner(self.uid() + 1, "other");
        if (root) {
            // What belongs to root was installed for all.
            assertThatCode(() -> checked(home, other)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> checked(home, other)).hasMessageContaining("belongs to " + self.name());
        }
        mode(given, "rwxr-xrwx");
        assertThatThrownBy(() -> checked(home, self))
                .isInstanceOf(UnsafeFolderException.class)
                .hasMessageContaining(given + ", because it may be written by everybody")
                .hasMessageContaining("DJL_CACHE_DIR");
        environment.clear();
        environment.put("ENGINE_CACHE_DIR", given.toString());
        assertThatThrownBy(() -> checked(home, self)).hasMessageContaining("ENGINE_CACHE_DIR");
    }

    @Test
    void noPlaceAtAllIsOneLine() {
        temporary = dir.resolve("none");
        assertThatThrownBy(() -> checked(noHome(), self))
                .isInstanceOf(UnsafeFolderException.class)
                .hasMessageContaining("neither the home folder")
                .hasMessageContaining("DJL_CACHE_DIR");
        assertThat(Owner.current(temporary)).isNull();
    }
}
