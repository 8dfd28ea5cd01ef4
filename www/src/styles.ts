// Styles: a grid of half the font size, whitespace instead of boxes. Sizes are in em, so they follow the element's font size and
// not the page's.
import { base } from './styles/base.js';
import { controls } from './styles/controls.js';
import { media } from './styles/media.js';
import { views } from './styles/views.js';

export const styles = [base, controls, views, media];
