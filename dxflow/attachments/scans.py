"""What a scan of a file may come to, and each in words, as the log and the pages say it."""

from dxflow.texts import mark

CLEAN, NONE, FAILED, INFECTED = "clean", "none", "failed", "infected"
WORDS = {
    CLEAN: mark("検出なし"),
    NONE: mark("検査なし"),
    FAILED: mark("検査できず"),
    INFECTED: mark("ウイルスを検出"),
}
