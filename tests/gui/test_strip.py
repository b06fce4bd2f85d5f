"""A strip is there while there is something to tell, and its buttons do what they say."""

from kdstudio.gui.strip import Remedy, Strip


def test_it_is_there_while_there_is_something_to_tell(qtbot):
    done = []
    strip = Strip(Remedy("Mend", "What is safe", lambda: done.append("mended")), is_warning=True)
    qtbot.addWidget(strip)
    assert strip.isHidden()
    strip.say("One run is damaged.")
    assert not strip.isHidden()
    assert strip.text.text() == "One run is damaged."
    assert strip.buttons["Mend"].toolTip() == "What is safe"
    strip.buttons["Mend"].click()
    assert done == ["mended"]
    strip.say("")
    assert strip.isHidden()
