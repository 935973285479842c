import {render} from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/messages.css';
import './styles/notices.css';
import './styles/pages.css';
import './styles/first.css';
import './styles/more.css';
import './styles/fit.css';
import {App} from './app';
import {useLanguage} from './lib/i18n';
import {prefs} from './lib/prefs';
import {begin} from './lib/state';

await useLanguage(prefs.value.lang);
render(<App />, document.body);
void begin();
