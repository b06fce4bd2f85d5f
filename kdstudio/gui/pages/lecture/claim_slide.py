"""What a hall is shown of a claim before it is revealed: what is said, what is asked, and the guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.gui.pages.lecture.guess_control import STEPS
from kdstudio.gui.presentation.slide import Slide

if TYPE_CHECKING:
    from kdstudio.gui.pages.lecture.lecture_page import LecturePage


class ClaimSlide(Slide):
    """The claim in sight on the page, whichever that is; the slider guesses."""

    slider_name = "Guess"

    def __init__(self, page: LecturePage) -> None:
        """Follow ``page``."""
        super().__init__(())
        self._page = page

    @property
    def title(self) -> str:
        """Which claim it is."""
        return self._page.view.place.text()

    @property
    def message(self) -> str:  # type: ignore[override]
        """The statement, and the question with what has been guessed."""
        lesson = self._page.lesson
        question, guess = lesson.question, self._page.guesses.get(lesson.number)
        asked = question.text if guess is None else f"{question.subject}: {question.spoken(guess)}"
        return f"{lesson.step.claim.statement}\n\nGuess: {asked}"

    @property
    def words(self) -> str:  # type: ignore[override]
        """How far its run is."""
        return self._page.view.progress.words.text()

    @property
    def is_in_sight(self) -> bool:
        """Tell whether it still waits for the guess."""
        return self._page.hides_result

    @property
    def levels(self) -> int:  # type: ignore[override]
        """Those of the page's slider, where a figure is guessed."""
        return 0 if self._page.view.control.slider.isHidden() else STEPS

    @property
    def level(self) -> int:  # type: ignore[override]
        """Where the page's slider stands."""
        return self._page.view.control.slider.value()

    def turn_to(self, level: int) -> None:
        """Move the page's slider."""
        self._page.view.control.slider.setValue(level)
