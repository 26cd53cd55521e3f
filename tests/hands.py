"""Two ways to use a page: with a mouse, and with nothing but a keyboard."""

from typing import Protocol

from playwright.sync_api import Locator, Page

MOST_TABS = 400


class Hand(Protocol):
    """What a person does on a page."""

    def press(self, target: Locator) -> None:
        """Use a link, a button, a box or an option."""
        ...

    def press_twice(self, target: Locator) -> None:
        """The same by somebody who is not sure that it worked."""
        ...

    def write(self, target: Locator, text: str) -> None:
        """Put a text into a field in place of what is there."""
        ...

    def pick(self, target: Locator, value: str) -> None:
        """Choose from a list."""
        ...


class Mouse:
    """Clicks, and types where it clicked."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def press_twice(self, target: Locator) -> None:
        target.dblclick()

    def write(self, target: Locator, text: str) -> None:
        target.click()
        target.fill(text)

    def pick(self, target: Locator, value: str) -> None:
        target.select_option(value)


class Keys:
    """Tab, Enter, Space, arrows and letters; no pointer at all."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        kind = str(target.evaluate("one => one.type || one.tagName"))
        self._go_to(target)
        self.page.keyboard.press("Space" if kind in ("radio", "checkbox") else "Enter")

    def press_twice(self, target: Locator) -> None:
        self._go_to(target)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._go_to(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def pick(self, target: Locator, value: str) -> None:
        self._go_to(target)
        options: list[str] = target.evaluate("one => [...one.options].map(option => option.value)")
        self.page.keyboard.press("Home")
        for _ in range(options.index(value)):
            self.page.keyboard.press("ArrowDown")

    def _go_to(self, target: Locator) -> None:
        """Tab on until the target has the focus; arrows inside a group of radio buttons, as browsers want it."""
        target.wait_for(state="attached")
        handle = target.element_handle()
        for _ in range(MOST_TABS):
            if self.page.evaluate("one => document.activeElement === one", handle):
                return
            if self.page.evaluate(
                "one => one.type === 'radio' && document.activeElement.type === 'radio' "
                "&& document.activeElement.name === one.name && document.activeElement.form === one.form",
                handle,
            ):
                self.page.keyboard.press("ArrowDown")
            else:
                self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")
